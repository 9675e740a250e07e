package dev.finetune.lm.template;

/** What is wrong with a template, or with the values that it was given; the line is added where it is known. */
final class TemplateProblem extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TemplateProblem(String message) {
        super(message);
    }

    /** Something that Jinja has and this engine lacks. */
    static TemplateProblem lacking(String what) {
        return new TemplateProblem(what + " is not implemented here, though Jinja or Python may know it");
    }

    /** What Python would call a TypeError. */
    static TemplateProblem type(String what, Object value) {
        return new TemplateProblem(what + " doesn't go with " + Values.typeName(value));
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
