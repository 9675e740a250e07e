package dev.finetune.explain;

/**
 * The ways to explain a prediction, for {@code FineTuned.explain}:
 *
 * <pre>{@code
 * Attribution why = tuned.explain(Text.of("a fine film"), Explain.integratedGradients());
 * why.topTokens(3).forEach(System.out::println);
 * }</pre>
 */
public final class Explain {
    private Explain() {}

    /** {@return which tokens moved the prediction, by integrated gradients of 50 steps; of the predicted output} */
    public static IntegratedGradients integratedGradients() {
        return IntegratedGradients.USUAL;
    }

    /** {@return which tokens moved the prediction, by one gradient: fast and rough; of the predicted output} */
    public static GradientTimesInput gradientTimesInput() {
        return GradientTimesInput.USUAL;
    }

    /** {@return which tokens moved the prediction, by hiding them one by one under the mask token; of the predicted output} */
    public static Occlusion occlusion() {
        return Occlusion.USUAL;
    }

    /** {@return which places of a picture spoke for the prediction, by Grad-CAM; of the predicted output} */
    public static GradCam gradCam() {
        return GradCam.USUAL;
    }
}
