package com.example.stars;

import dev.finetune.batch.HostTensor;
import dev.finetune.nn.TensorValues;
import dev.finetune.train.ProcessGroup;
import java.util.List;
import java.util.concurrent.Exchanger;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/** Two threads that train copies of one network as two processes do: each adds what the other has. */
record TwoThreads(int rank, Exchanger<Object> meeting) implements ProcessGroup {
    @Override
    public int size() {
        return 2;
    }

    @Override
    public List<byte[]> gather(byte[] own) {
        byte[] other = (byte[]) met(own);
        return rank == 0 ? List.of(own, other) : List.of(other, own);
    }

    @Override
    public void sum(List<Tensor> tensors) {
        List<Tensor> others = others(tensors);
        for (int i = 0; i < others.size(); i++) {
            tensors.get(i).add_(others.get(i));
        }
    }

    @Override
    public void broadcast(List<Tensor> tensors) {
        List<Tensor> others = others(tensors);
        for (int i = 0; i < others.size() && rank > 0; i++) {
            tensors.get(i).copy_(others.get(i));
        }
    }

    private List<Tensor> others(List<Tensor> own) {
        List<?> others = (List<?>) met(own.stream().map(TensorValues::floats).toList());
        return IntStream.range(0, own.size())
                .mapToObj(i -> TensorValues.of(
                        new HostTensor.Floats((float[]) others.get(i), TensorValues.shape(own.get(i))),
                        own.get(i).device()))
                .toList();
    }

    private Object met(Object own) {
        try {
            return meeting.exchange(own);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
