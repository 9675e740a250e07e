package dev.finetune.lm.template;

import java.util.AbstractList;

/** Python's range, as long as the sandbox of Jinja lets it be. */
final class Range extends AbstractList<Object> {
    private static final int MOST = 100_000;

    private final long start;
    private final long stop;
    private final long step;
    private final int size;

    Range(long start, long stop, long step) {
        if (step == 0) {
            throw new TemplateProblem("the step of range() is 0");
        }
        long distance = step > 0 ? Math.subtractExact(stop, start) : Math.subtractExact(start, stop);
        long length = distance <= 0 ? 0 : (distance - 1) / Math.abs(step) + 1;
        if (length > MOST) {
            throw new TemplateProblem("range() has " + length + " numbers; the sandbox allows " + MOST);
        }
        this.start = start;
        this.stop = stop;
        this.step = step;
        this.size = (int) length;
    }

    static Object call(Arguments arguments) {
        Object[] given = arguments.positional("range", "start", "stop?", "step?");
        long first = Numbers.index(given[0]);
        if (given[1] == null) {
            return new Range(0, first, 1);
        }
        return new Range(first, Numbers.index(given[1]), given[2] == null ? 1 : Numbers.index(given[2]));
    }

    Range part(long from, long to, long by) {
        return new Range(start + from * step, start + to * step, step * by);
    }

    @Override
    public Object get(int index) {
        return start + index * step;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public String toString() {
        return "range(" + start + ", " + stop + (step == 1 ? "" : ", " + step) + ")";
    }
}
