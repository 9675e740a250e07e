package dev.finetune.train;

import dev.finetune.error.FinetuneException;
import java.util.List;
import java.util.Objects;

/**
 * How the learning rate changes from step to step, as Transformers' {@code get_scheduler} computes it, but for
 * {@link OneCycle} and {@link Exponential}. All but {@link Constant} and {@link Polynomial} are a factor of the base rate;
 * during warm-up the factor is step / warm-up steps.
 */
public sealed interface Schedule {
    /** The Trainer's names of the schedules, and one_cycle. */
    List<String> NAMES = List.of(
            "linear",
            "cosine",
            "cosine_with_restarts",
            "polynomial",
            "constant",
            "constant_with_warmup",
            "inverse_sqrt",
            "one_cycle");

    /**
     * (total - step) / (total - warm-up).
     *
     * @param warmup in which the rate rises from 0
     */
    record Linear(Warmup warmup) implements Schedule {
        @Override
        public String toString() {
            return "linear decay to 0, " + warmup;
        }
    }

    /**
     * (1 + cos(2 pi cycles p)) / 2, p the progress after warm-up.
     *
     * @param warmup in which the rate rises from 0
     * @param cycles 0.5 for one descent from the peak to 0
     */
    record Cosine(Warmup warmup, double cycles) implements Schedule {
        /**
         * Checks the cycles.
         *
         * @throws FinetuneException if they aren't a number above 0
         */
        public Cosine {
            if (!(cycles > 0) || Double.isInfinite(cycles)) {
                throw new FinetuneException(
                        "A cosine schedule's cycles must be a number above 0 (0.5 is one descent), not " + cycles
                                + ".");
            }
        }

        @Override
        public String toString() {
            return (cycles == 0.5 ? "cosine decay to 0, " : "cosine of " + cycles + " cycles, ") + warmup;
        }
    }

    /**
     * (1 + cos(pi ((cycles p) mod 1))) / 2, p the progress after warm-up: cycles descents, each from the peak.
     *
     * @param warmup in which the rate rises from 0
     * @param cycles how many descents
     */
    record CosineWithRestarts(Warmup warmup, int cycles) implements Schedule {
        /**
         * Checks the cycles.
         *
         * @throws FinetuneException if there are none
         */
        public CosineWithRestarts {
            if (cycles < 1) {
                throw new FinetuneException(
                        "A cosine schedule with restarts needs at least 1 cycle, but has " + cycles + ".");
            }
        }

        @Override
        public String toString() {
            return "cosine decay to 0, " + cycles + " times from the peak, " + warmup;
        }
    }

    /**
     * end + (base - end) (1 - p)^power, p the progress after warm-up.
     *
     * @param warmup in which the rate rises from 0
     * @param end the last rate, at least 0 and below the base rate
     * @param power 1 for a straight line
     */
    record Polynomial(Warmup warmup, double end, double power) implements Schedule {
        /** Checks the ranges. */
        public Polynomial {
            if (!(end >= 0) || !(power > 0) || Double.isInfinite(power)) {
                throw new FinetuneException(
                        "A polynomial schedule needs a last rate of at least 0 and a power above 0, not " + end
                                + " and " + power + ".");
            }
        }

        @Override
        public String toString() {
            return "polynomial decay to " + end + ", power " + power + ", " + warmup;
        }
    }

    /** The base rate throughout, without warm-up: {@link ConstantWithWarmup} has one. */
    record Constant() implements Schedule {
        @Override
        public Warmup warmup() {
            return Warmup.NONE;
        }

        @Override
        public String toString() {
            return "constant";
        }
    }

    /**
     * The base rate after warm-up.
     *
     * @param warmup in which the rate rises from 0
     */
    record ConstantWithWarmup(Warmup warmup) implements Schedule {
        @Override
        public String toString() {
            return "constant, " + warmup;
        }
    }

    /**
     * 1 / sqrt((step + t - warm-up) / t), t the warm-up steps, or 10,000 where there are none.
     *
     * @param warmup in which the rate rises from 0
     */
    record InverseSqrt(Warmup warmup) implements Schedule {
        @Override
        public String toString() {
            return "inverse square root of the step, " + warmup;
        }
    }

    /**
     * base (last / base)^(step / (total - 1)): each rate is the same multiple of the one before, as a learning-rate range
     * test wants them (Smith, 2015). Without warm-up.
     *
     * @param last the rate of the last step, above 0
     */
    record Exponential(double last) implements Schedule {
        /** Checks the rate. */
        public Exponential {
            if (!(last > 0) || Double.isInfinite(last)) {
                throw new FinetuneException(
                        "An exponential schedule's last rate must be a number above 0, not " + last + ".");
            }
        }

        @Override
        public Warmup warmup() {
            return Warmup.NONE;
        }

        @Override
        public String toString() {
            return "the same multiple each step, to " + last;
        }
    }

    /**
     * Up to the peak rate along half a cosine, and down to nearly nothing along another (Smith and Topin,
     * "Super-convergence", 2017), as torch.optim.lr_scheduler.OneCycleLR with cosine annealing and two phases. The momentum
     * stays what it is: OneCycleLR's {@code cycle_momentum} is left out.
     *
     * <p>Rates go from peak / divisor to peak in the steps 0 to rise - 1, and on to peak / (divisor lastDivisor) in those up
     * to total - 1, where rise is the number of steps of the warm-up, of a ratio not rounded.
     *
     * @param warmup how long the rate rises, 0.3 of all steps by default (pct_start); other than in other schedules it rises
     *     from peak / divisor
     * @param divisor by which the first rate is below the peak, 25 by default (div_factor)
     * @param lastDivisor by which the last rate is below the first, 1e4 by default (final_div_factor)
     */
    record OneCycle(Warmup warmup, double divisor, double lastDivisor) implements Schedule {
        private static final Warmup USUAL = new Warmup(0, 0.3);

        /** Checks that it rises and falls. */
        public OneCycle {
            if (!(divisor >= 1 && lastDivisor >= 1) || Double.isInfinite(divisor) || Double.isInfinite(lastDivisor)) {
                throw new FinetuneException("A one-cycle schedule needs divisors of at least 1, not " + divisor
                        + " and " + lastDivisor + ".");
            }
        }

        @Override
        public String toString() {
            return "one cycle, from 1/" + divisor + " of the peak and down to 1/" + lastDivisor + " of that, " + warmup;
        }

        private double factor(long step, long total) {
            final double top = (warmup.steps() > 0 ? warmup.steps() : warmup.ratio() * total) - 1;
            return step <= top
                    ? between(1 / divisor, 1, step / top)
                    : between(1, 1 / (divisor * lastDivisor), (step - top) / (total - 1 - top));
        }

        /** From one to the other along half a cosine; at the other where there is no way to go. */
        private static double between(double from, double to, double progress) {
            return progress < 1 ? to + (from - to) / 2 * (1 + Math.cos(Math.PI * progress)) : to;
        }
    }

    /** {@return the warm-up} */
    Warmup warmup();

    /** {@return whether it says itself how long it warms up, other than {@link #named} and the methods beside it do} */
    default boolean namesWarmup() {
        return !warmup().equals(this instanceof OneCycle ? OneCycle.USUAL : Warmup.NONE);
    }

    /**
     * {@return the same with so many warm-up steps}
     *
     * @param steps at least 0
     * @throws FinetuneException if they are negative, or if it has no warm-up, as {@link Constant} hasn't
     */
    default Schedule withWarmupSteps(long steps) {
        return withWarmup(new Warmup(steps, 0));
    }

    /**
     * {@return the same with a share of all steps as warm-up}
     *
     * @param ratio from 0 to 1
     * @throws FinetuneException if it isn't from 0 to 1, or if the schedule has no warm-up, as {@link Constant} hasn't
     */
    default Schedule withWarmupRatio(double ratio) {
        return withWarmup(new Warmup(0, ratio));
    }

    /**
     * {@return the same with another warm-up}
     *
     * @param warmup in steps or as a share of all
     * @throws FinetuneException if it has none, as {@link Constant} hasn't, and is to get one
     */
    default Schedule withWarmup(Warmup warmup) {
        if (this instanceof Linear) {
            return new Linear(warmup);
        }
        if (this instanceof Cosine cosine) {
            return new Cosine(warmup, cosine.cycles);
        }
        if (this instanceof CosineWithRestarts cosine) {
            return new CosineWithRestarts(warmup, cosine.cycles);
        }
        if (this instanceof Polynomial polynomial) {
            return new Polynomial(warmup, polynomial.end, polynomial.power);
        }
        if (this instanceof InverseSqrt) {
            return new InverseSqrt(warmup);
        }
        if (this instanceof OneCycle cycle) {
            return new OneCycle(warmup, cycle.divisor, cycle.lastDivisor);
        }
        if (this instanceof ConstantWithWarmup) {
            return new ConstantWithWarmup(warmup);
        }
        if (warmup.equals(Warmup.NONE)) {
            return this;
        }
        throw new FinetuneException("The " + (this instanceof Constant ? "constant" : "exponential")
                + " schedule has no warm-up, but was to"
                + " get one (" + warmup + "): leave it out, or take a schedule that has one, such as"
                + " Schedule.constantWithWarmup() (constant_with_warmup).");
    }

    /**
     * {@return the rate of a step}
     *
     * @param step counted from 0
     * @param total how many steps there are
     * @param base the peak rate
     * @throws FinetuneException if the step is negative, or if a polynomial's last rate isn't below its peak rate
     */
    default double rate(long step, long total, double base) {
        if (step < 0) {
            throw new FinetuneException("Steps are counted from 0, but a rate was asked for step " + step + ".");
        }
        if (this instanceof Polynomial polynomial && !(base > polynomial.end)) {
            throw new FinetuneException("A polynomial schedule falls to its last rate " + polynomial.end
                    + ", so the learning rate must be above that, but is " + base + ".");
        }
        if (this instanceof OneCycle cycle) {
            return base * cycle.factor(step, total);
        }
        final long warmupSteps = warmup().of(total);
        if (step < warmupSteps) {
            return base * (double) step / Math.max(1, warmupSteps);
        }
        final double progress = (double) (step - warmupSteps) / Math.max(1, total - warmupSteps);
        if (this instanceof Linear) {
            return base * Math.max(0, (double) (total - step) / Math.max(1, total - warmupSteps));
        }
        if (this instanceof Cosine cosine) {
            return base * Math.max(0, 0.5 * (1 + Math.cos(Math.PI * cosine.cycles * 2 * progress)));
        }
        if (this instanceof CosineWithRestarts cosine) {
            return progress >= 1
                    ? 0
                    : base * Math.max(0, 0.5 * (1 + Math.cos(Math.PI * (cosine.cycles * progress % 1))));
        }
        if (this instanceof Polynomial polynomial) {
            return step >= total
                    ? polynomial.end
                    : polynomial.end + (base - polynomial.end) * Math.pow(1 - progress, polynomial.power);
        }
        if (this instanceof Exponential exponential) {
            return base * Math.pow(exponential.last / base, step / (double) Math.max(1, total - 1));
        }
        if (this instanceof InverseSqrt) {
            final double timescale = warmupSteps == 0 ? 10_000 : warmupSteps;
            return base / Math.sqrt((step + timescale - warmupSteps) / timescale);
        }
        return base;
    }

    /**
     * Linear decay to 0, the Trainer's default.
     *
     * @return a schedule that falls linearly to 0, the Trainer's default
     */
    static Schedule linear() {
        return new Linear(Warmup.NONE);
    }

    /** {@return half a cosine from the peak to 0} */
    static Schedule cosine() {
        return new Cosine(Warmup.NONE, 0.5);
    }

    /**
     * {@return several descents along half a cosine}
     *
     * @param cycles how many, at least 1
     * @throws FinetuneException if there isn't one at least
     */
    static Schedule cosineWithRestarts(int cycles) {
        return new CosineWithRestarts(Warmup.NONE, cycles);
    }

    /** {@return a straight line to 1e-7, as the Trainer's} */
    static Schedule polynomial() {
        return new Polynomial(Warmup.NONE, 1e-7, 1);
    }

    /** {@return the same rate after a warm-up, which is still to be said} */
    static Schedule constantWithWarmup() {
        return new ConstantWithWarmup(Warmup.NONE);
    }

    /** {@return the same rate throughout, without warm-up; {@link ConstantWithWarmup} is the same with one} */
    static Schedule constant() {
        return new Constant();
    }

    /**
     * Decay with the inverse square root of the step.
     *
     * @return a schedule that falls with the inverse square root of the step
     */
    static Schedule inverseSqrt() {
        return new InverseSqrt(Warmup.NONE);
    }

    /**
     * {@return up from 1/25 of the peak in three tenths of the steps, and down to 1/250000 of it, as PyTorch's
     * OneCycleLR, momentum left alone; {@link #withWarmupRatio} says otherwise how long it rises}
     */
    static Schedule oneCycle() {
        return new OneCycle(OneCycle.USUAL, 25, 1e4);
    }

    /**
     * {@return the schedule that the Trainer calls by a name, or one_cycle}
     *
     * @param name such as "linear" or "cosine_with_restarts"
     * @throws FinetuneException if there is none of that name, with the names that there are
     */
    static Schedule named(String name) {
        Objects.requireNonNull(name, "name");
        return switch (name) {
            case "linear" -> linear();
            case "cosine" -> cosine();
            case "cosine_with_restarts" -> cosineWithRestarts(1);
            case "polynomial" -> polynomial();
            case "constant" -> constant();
            case "constant_with_warmup" -> constantWithWarmup();
            case "inverse_sqrt" -> inverseSqrt();
            case "one_cycle" -> oneCycle();
            default ->
                throw new FinetuneException(
                        "There is no schedule \"" + name + "\"; there are " + String.join(", ", NAMES) + ".");
        };
    }
}
