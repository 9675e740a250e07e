package dev.finetune.lm.decoder;

import dev.finetune.batch.HostTensor;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.RotaryTurn;
import dev.finetune.nn.TensorValues;
import dev.finetune.spi.ModelConfig;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Rotary positions of six types, computed in float32 in the order of Transformers: default; linear (positions divided);
 * dynamic (the base grows with the length; bloc97, 2023); yarn (Peng et al., 2023); longrope (Ding et al., 2024); llama3 (slow
 * turns slowed further; Llama 3.1, 2024).
 */
final class RotaryPositions {
    private static final List<String> TYPES = List.of("default", "linear", "dynamic", "yarn", "longrope", "llama3");

    private final RopeSettings settings;
    private final String key;
    private final double attentionFactor;

    private RotaryPositions(RopeSettings settings, String key) {
        this.settings = settings;
        this.key = key;
        if (!TYPES.contains(settings.type())) {
            throw settings.refused("rope_type", "known are " + TYPES);
        }
        this.attentionFactor = switch (settings.type()) {
            case "yarn" -> yarnFactor();
            case "longrope" -> longFactor();
            default -> 1;
        };
        try (TensorScope scope = TensorScope.open()) { // So that what is missing is told at once.
            speeds(1);
            speeds(settings.positions() + 1L);
        }
    }

    /** Reads them, and refuses a type that isn't known. */
    static RotaryPositions read(ModelConfig config, int headSize, int positions) {
        return new RotaryPositions(RopeSettings.read(config, headSize, positions), "rotary");
    }

    /**
     * Those of some layers.
     *
     * @param layers what tells these layers from others, for which a batch keeps angles of their own
     */
    static RotaryPositions of(RopeSettings settings, String layers) {
        return new RotaryPositions(settings, "rotary." + layers);
    }

    /**
     * Turns what attention compares.
     *
     * @param wide (batch, length, heads * size)
     * @param batch keeps the angles, for all layers
     * @return of the same shape
     */
    Tensor turn(Tensor wide, int heads, Batch batch, ForwardContext context) {
        final Tensor angles =
                batch.derived(key, () -> Optional.of(angles(batch, context))).orElseThrow();
        final long rows = angles.size(0) / 2;
        return RotaryTurn.of(wide, heads, angles.narrow(0, 0, rows), angles.narrow(0, rows, rows));
    }

    /** (2 rows, length, half): cosines, then sines. */
    private Tensor angles(Batch batch, ForwardContext context) {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            final Tensor positions = Positions.of(batch, context);
            final Tensor places = positions.to(batch.device(), ScalarType.Float).unsqueeze(2);
            final Tensor angles = changesWithLength() && context.past() > 0
                    ? oneByOne(places, batch, context)
                    : places.mul(speeds(longest(batch, context)).to(batch.device(), ScalarType.Float));
            final Scalar factor = new Scalar(attentionFactor);
            return scope.keep(torch.cat(
                    new TensorVector(angles.cos().mul(factor), angles.sin().mul(factor)), 0));
        }
    }

    /** Whether what is turned depends on how long the longest text of a batch is. */
    boolean changesWithLength() {
        return settings.type().equals("dynamic") || settings.type().equals("longrope");
    }

    /** Each token as if it were read by itself after those before it: so it is where none of them was guessed. */
    private Tensor oneByOne(Tensor places, Batch batch, ForwardContext context) {
        final TensorVector angles = new TensorVector();
        for (long column = 0; column < places.size(1); column++) {
            final Tensor speeds = speeds(longest(batch, context, column, column + 1));
            angles.push_back(places.narrow(1, column, 1).mul(speeds.to(batch.device(), ScalarType.Float)));
        }
        return torch.cat(angles, 1);
    }

    /** The largest position and one more. */
    private static long longest(Batch batch, ForwardContext context) {
        return longest(batch, context, 0, ((HostTensor.Longs) batch.hostColumn("input_ids")).shape()[1]);
    }

    /** The same of some columns. */
    private static long longest(Batch batch, ForwardContext context, long from, long to) {
        if (!batch.has("position_ids")) {
            return context.past() + to;
        }
        final HostTensor.Longs positions = (HostTensor.Longs) batch.hostColumn("position_ids");
        final long columns = positions.shape()[1];
        return 1
                + IntStream.range(0, positions.data().length)
                        .filter(i -> i % columns >= from && i % columns < to)
                        .mapToLong(i -> positions.data()[i])
                        .max()
                        .orElse(0);
    }

    /** (half): by what a position is multiplied, to be an angle, in a text of so many tokens. */
    private Tensor speeds(long length) {
        return switch (settings.type()) {
            case "linear" -> plain(settings.base()).div(new Scalar(settings.needed("factor")));
            case "dynamic" -> plain(dynamicBase(length));
            case "yarn" -> yarn();
            case "longrope" -> longRope(length);
            case "llama3" -> llama3();
            default -> plain(settings.base());
        };
    }

    /** base^(-2 i / size). */
    private Tensor plain(double base) {
        return powers(base).reciprocal();
    }

    private Tensor powers(double base) {
        final int size = settings.headSize();
        final Tensor exponents = torch.arange(
                        new Scalar(0), new Scalar(size), new Scalar(2), new TensorOptions(ScalarType.Float))
                .div(new Scalar((double) size));
        return torch.pow(new Scalar(base), exponents);
    }

    private double dynamicBase(long length) {
        final double factor = settings.needed("factor");
        final double most = settings.positions();
        final double size = settings.headSize();
        return settings.base() * Math.pow(factor * Math.max(length, most) / most - (factor - 1), size / (size - 2));
    }

    private double stretch() {
        return settings.number("factor").orElseGet(() -> settings.positions() / settings.originalPositions());
    }

    private static double yarnScale(double factor, double weight) {
        return factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1;
    }

    private double yarnFactor() {
        final double factor = stretch();
        final double one = settings.number("mscale").orElse(0.0);
        final double all = settings.number("mscale_all_dim").orElse(0.0);
        final double computed =
                one != 0 && all != 0 ? yarnScale(factor, one) / yarnScale(factor, all) : yarnScale(factor, 1);
        return settings.number("attention_factor").orElse(computed);
    }

    private Tensor yarn() {
        final double factor = stretch();
        final Tensor powers = powers(settings.base());
        final Tensor extrapolated = powers.reciprocal();
        final Tensor interpolated = powers.mul(new Scalar(factor)).reciprocal();
        final double low = yarnCorrection(
                settings.number("beta_fast").filter(beta -> beta != 0).orElse(32.0));
        final double high = yarnCorrection(
                settings.number("beta_slow").filter(beta -> beta != 0).orElse(1.0));
        final boolean rounds = settings.bool("truncate", true);
        final double from = Math.max(rounds ? Math.floor(low) : low, 0);
        final double to = Math.min(rounds ? Math.ceil(high) : high, settings.headSize() - 1.0);
        final Tensor ramp = torch.arange(new Scalar(settings.headSize() / 2), new TensorOptions(ScalarType.Float))
                .sub(new Scalar(from))
                .div(new Scalar(from == to ? 0.001 : to - from))
                .clamp_(
                        new org.bytedeco.pytorch.ScalarOptional(new Scalar(0f)),
                        new org.bytedeco.pytorch.ScalarOptional(new Scalar(1f)));
        final Tensor kept = torch.ones_like(ramp).sub(ramp);
        return interpolated.mul(torch.ones_like(kept).sub(kept)).add(extrapolated.mul(kept));
    }

    private double yarnCorrection(double turns) {
        return settings.headSize()
                * Math.log(settings.originalPositions() / (turns * 2 * Math.PI))
                / (2 * Math.log(settings.base()));
    }

    private double longFactor() {
        final double factor = stretch();
        final double computed =
                factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(settings.originalPositions()));
        return settings.number("attention_factor").orElse(computed);
    }

    private Tensor longRope(long length) {
        final List<Double> factors =
                settings.factors(length > settings.originalPositions() ? "long_factor" : "short_factor");
        final float[] values = new float[factors.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = factors.get(i).floatValue();
        }
        final Tensor each = TensorValues.of(
                new HostTensor.Floats(values, values.length), dev.finetune.internal.torch.Tensors.cpu());
        return each.mul(powers(settings.base())).reciprocal();
    }

    private Tensor llama3() {
        final double factor = settings.needed("factor");
        final double low = settings.needed("low_freq_factor");
        final double high = settings.needed("high_freq_factor");
        final double original = settings.originalPositions();
        final Tensor plain = plain(settings.base());
        final Tensor lengths = plain.reciprocal().mul(new Scalar(2 * Math.PI));
        final Tensor slowed = torch.where(lengths.gt(new Scalar(original / low)), plain.div(new Scalar(factor)), plain);
        final Tensor smooth = lengths.reciprocal()
                .mul(new Scalar(original))
                .sub(new Scalar(low))
                .div(new Scalar(high - low));
        final Tensor mixed = torch.ones_like(smooth)
                .sub(smooth)
                .mul(slowed)
                .div(new Scalar(factor))
                .add(smooth.mul(slowed));
        final Tensor between =
                lengths.ge(new Scalar(original / high)).logical_and(lengths.le(new Scalar(original / low)));
        return torch.where(between, mixed, slowed);
    }
}
