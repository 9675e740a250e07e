package com.example.stars;

import dev.finetune.batch.HostTensor;
import dev.finetune.nn.TensorValues;
import dev.finetune.train.GradientExchange;
import java.util.List;
import java.util.concurrent.Exchanger;
import org.bytedeco.pytorch.Tensor;

/** For two threads that train copies of one network: both get the one exchange, and add what the other has. */
final class TwoThreads implements GradientExchange {
    private final Exchanger<Object> meeting = new Exchanger<>();

    @Override
    public double weight(double own) {
        return own + (Double) met(own);
    }

    @Override
    public void sum(List<Tensor> gradients) {
        List<?> others = (List<?>) met(gradients.stream().map(TensorValues::floats).toList());
        for (int i = 0; i < others.size(); i++) {
            Tensor gradient = gradients.get(i);
            HostTensor other = new HostTensor.Floats((float[]) others.get(i), TensorValues.shape(gradient));
            gradient.add_(TensorValues.of(other, gradient.device()));
        }
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
