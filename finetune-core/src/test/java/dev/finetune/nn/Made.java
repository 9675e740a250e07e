package dev.finetune.nn;

import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Parameters that a test makes: normal with standard deviation 0.3, whatever the layer would start with. */
public final class Made implements ParameterSource {
    private final SplittableRandom random;

    /** All the parameters that were taken, in order. */
    public final List<Parameter> taken = new ArrayList<>();

    /** Equal seeds give equal parameters. */
    public Made(long seed) {
        this.random = new SplittableRandom(seed);
    }

    @Override
    public Parameter take(String name, Init init, long... shape) {
        final float[] values =
                normal(random, 0.3, Math.toIntExact(Arrays.stream(shape).reduce(1, (a, b) -> a * b)));
        try (TensorScope scope = TensorScope.open()) {
            taken.add(new Parameter(name, Tensors.own(Tensors.of(values, shape)), true));
        }
        return taken.get(taken.size() - 1);
    }

    /** So many normal numbers with mean 0. */
    public static float[] normal(SplittableRandom random, double deviation, int count) {
        final float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (deviation * random.nextGaussian());
        }
        return values;
    }
}
