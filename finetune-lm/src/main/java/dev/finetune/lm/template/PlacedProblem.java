package dev.finetune.lm.template;

/** A problem and the line of the template where it was found. */
final class PlacedProblem extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int line;

    PlacedProblem(int line, TemplateProblem problem) {
        super(problem.getMessage(), problem);
        this.line = line;
    }

    int line() {
        return line;
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
