package dev.finetune.nn;

import dev.finetune.error.FinetuneException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Activation functions by the names that {@code config.json} uses (Transformers' {@code hidden_act}). Applied element by
 * element.
 */
public enum Activation {
    /** x Phi(x), Phi the normal distribution function (Hendrycks and Gimpel, 2016). */
    GELU,
    /** As gelu. */
    GELU_PYTHON,
    /** 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). */
    GELU_NEW,
    /** As gelu_new. */
    GELU_FAST,
    /** As gelu_new. */
    GELU_PYTORCH_TANH,
    /** As gelu_new. */
    GELU_PYTHON_TANH,
    /** As gelu_new. */
    GELU_ACCURATE,
    /** gelu clipped to -10..10. */
    GELU_10,
    /** x sigmoid(1.702 x). */
    QUICK_GELU,
    /** max(x, 0). */
    RELU,
    /** max(x, 0)^2. */
    RELU2,
    /** min(max(x, 0), 6). */
    RELU6,
    /** x above 0, 0.01 x below. */
    LEAKY_RELU,
    /** x sigmoid(x). */
    SILU,
    /** As silu. */
    SWISH,
    /** x tanh(log(1 + e^x)). */
    MISH,
    /** 1 / (1 + e^-x). */
    SIGMOID,
    /** The hyperbolic tangent. */
    TANH,
    /** (1 + erf((x - 0.707107) / (0.282095 sqrt 2))) / 2. */
    LAPLACE,
    /** x min(max(x + 3, 0), 6) / 6. */
    HARDSWISH,
    /** sqrt(log(1 + e^x)). */
    SQRTSOFTPLUS,
    /** x. */
    LINEAR;

    /**
     * {@return the activation of that name}
     *
     * @param name as Transformers writes it, such as "gelu_new"
     * @throws FinetuneException if there is none, with the names that there are
     */
    public static Activation named(String name) {
        for (Activation activation : values()) {
            if (activation.configName().equals(name)) {
                return activation;
            }
        }
        throw new FinetuneException("The activation \"" + name + "\" is not supported; supported are "
                + Arrays.stream(values()).map(Activation::configName).collect(Collectors.joining(", ")) + ".");
    }

    /** {@return its name in {@code config.json}} */
    public String configName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Applies it.
     *
     * @param x of any shape (borrowed)
     * @return a tensor of the same shape, in the current scope
     */
    public Tensor forward(Tensor x) {
        return switch (this) {
            case GELU, GELU_PYTHON -> torch.gelu(x);
            case GELU_NEW, GELU_FAST, GELU_PYTORCH_TANH, GELU_PYTHON_TANH, GELU_ACCURATE -> torch.gelu(x, "tanh");
            case GELU_10 ->
                torch.clamp(torch.gelu(x), new ScalarOptional(new Scalar(-10.0)), new ScalarOptional(new Scalar(10.0)));
            case QUICK_GELU -> torch.mul(x, torch.sigmoid(torch.mul(x, new Scalar(1.702))));
            case RELU -> torch.relu(x);
            case RELU2 -> torch.square(torch.relu(x));
            case RELU6 -> torch.relu6(x);
            case LEAKY_RELU -> torch.leaky_relu(x);
            case SILU, SWISH -> torch.silu(x);
            case MISH -> torch.mish(x);
            case SIGMOID -> torch.sigmoid(x);
            case TANH -> torch.tanh(x);
            case LAPLACE -> laplace(x);
            case HARDSWISH -> torch.hardswish(x);
            case SQRTSOFTPLUS -> torch.sqrt(torch.softplus(x));
            case LINEAR -> x;
        };
    }

    /** Whether {@link #gradient} knows it. */
    boolean hasGradient() {
        return switch (this) {
            case GELU, GELU_PYTHON, GELU_NEW, GELU_FAST, GELU_PYTORCH_TANH, GELU_PYTHON_TANH, GELU_ACCURATE -> true;
            default -> false;
        };
    }

    /** Turns the gradient of its output into that of its input, in place, where {@link #hasGradient}. */
    void gradient(Tensor gradient, Tensor input) {
        torch.gelu_backward_out(gradient, gradient, input, this == GELU || this == GELU_PYTHON ? "none" : "tanh");
    }

    /**
     * Applies it, in place where it can be: for an input that nobody else reads, nor any gradient.
     *
     * @param x of any shape; it may be overwritten
     * @return the same tensor, or one of the same shape in the current scope
     */
    public Tensor inPlace(Tensor x) {
        return this == RELU ? x.relu_() : forward(x);
    }

    private static Tensor laplace(Tensor x) {
        final Tensor scaled =
                torch.sub(x, new Scalar(0.707107), new Scalar(1)).div(new Scalar(0.282095 * Math.sqrt(2.0)));
        return torch.add(torch.erf(scaled), new Scalar(1.0), new Scalar(1)).mul(new Scalar(0.5));
    }
}
