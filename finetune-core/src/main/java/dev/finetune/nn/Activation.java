package dev.finetune.nn;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.WeightCopy;
import dev.finetune.nn.OperatorGraph.Value;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
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

    /** What applies it to the numbers of a product as they come; empty where nothing does as it does. */
    Optional<WeightCopy.Then> afterProduct() {
        return switch (this) {
            case GELU, GELU_PYTHON -> Optional.of(WeightCopy.Then.GELU);
            case GELU_NEW, GELU_FAST, GELU_PYTORCH_TANH, GELU_PYTHON_TANH, GELU_ACCURATE ->
                Optional.of(WeightCopy.Then.GELU_BY_TANH);
            case SILU, SWISH -> Optional.of(WeightCopy.Then.SILU);
            default -> Optional.empty();
        };
    }

    /**
     * Draws it.
     *
     * @param graph where
     * @param x of any shape
     * @return of the same shape
     */
    public Value draw(OperatorGraph graph, Value x) {
        return switch (this) {
            case GELU, GELU_PYTHON -> gelu(graph, x);
            case GELU_NEW, GELU_FAST, GELU_PYTORCH_TANH, GELU_PYTHON_TANH, GELU_ACCURATE -> geluByTanh(graph, x);
            case GELU_10 -> graph.apply("Clip", gelu(graph, x), graph.number(-10), graph.number(10));
            case QUICK_GELU ->
                graph.apply("Mul", x, graph.apply("Sigmoid", graph.apply("Mul", x, graph.number(1.702))));
            case RELU -> graph.apply("Relu", x);
            case RELU2 -> squared(graph, graph.apply("Relu", x));
            case RELU6 -> graph.apply("Clip", x, graph.number(0), graph.number(6));
            case LEAKY_RELU -> graph.operator("LeakyRelu", x).set("alpha", 0.01).value();
            case SILU, SWISH -> graph.apply("Mul", x, graph.apply("Sigmoid", x));
            case MISH -> graph.apply("Mul", x, graph.apply("Tanh", graph.apply("Softplus", x)));
            case SIGMOID -> graph.apply("Sigmoid", x);
            case TANH -> graph.apply("Tanh", x);
            case LAPLACE ->
                cumulated(
                        graph,
                        graph.apply(
                                "Div",
                                graph.apply("Sub", x, graph.number(0.707107)),
                                graph.number(0.282095 * Math.sqrt(2.0))));
            case HARDSWISH -> graph.apply("HardSwish", x);
            case SQRTSOFTPLUS -> graph.apply("Sqrt", graph.apply("Softplus", x));
            case LINEAR -> x;
        };
    }

    private static Value squared(OperatorGraph graph, Value x) {
        return graph.apply("Mul", x, x);
    }

    /** x (1 + erf(x / sqrt 2)) / 2, in the order in which runtimes look for it, to compute it as one. */
    private static Value gelu(OperatorGraph graph, Value x) {
        final Value erf = graph.apply("Erf", graph.apply("Div", x, graph.number(Math.sqrt(2.0))));
        final Value product = graph.apply("Mul", x, graph.apply("Add", erf, graph.number(1)));
        return graph.apply("Mul", product, graph.number(0.5));
    }

    private static Value geluByTanh(OperatorGraph graph, Value x) {
        final Value cubed = graph.apply("Mul", graph.apply("Mul", squared(graph, x), x), graph.number(0.044715));
        final Value inner = graph.apply("Mul", graph.apply("Add", x, cubed), graph.number(Math.sqrt(2 / Math.PI)));
        final Value outer = graph.apply("Add", graph.apply("Tanh", inner), graph.number(1));
        return graph.apply("Mul", graph.apply("Mul", x, graph.number(0.5)), outer);
    }

    /** (1 + erf x) / 2. */
    private static Value cumulated(OperatorGraph graph, Value x) {
        return graph.apply("Mul", graph.apply("Add", graph.apply("Erf", x), graph.number(1)), graph.number(0.5));
    }

    /** Whether {@link #gradient} knows it. */
    boolean hasGradient() {
        return switch (this) {
            case GELU,
                    GELU_PYTHON,
                    GELU_NEW,
                    GELU_FAST,
                    GELU_PYTORCH_TANH,
                    GELU_PYTHON_TANH,
                    GELU_ACCURATE,
                    SILU,
                    SWISH -> true;
            default -> false;
        };
    }

    /** Turns the gradient of its output into that of its input, in place, where {@link #hasGradient}. */
    void gradient(Tensor gradient, Tensor input) {
        if (this == SILU || this == SWISH) {
            torch.silu_backward_out(gradient, gradient, input);
            return;
        }
        torch.gelu_backward_out(gradient, gradient, input, this == GELU || this == GELU_PYTHON ? "none" : "tanh");
    }

    /**
     * Applies it, in place where it can be: for an input that nobody else reads, nor any gradient.
     *
     * @param x of any shape; it may be overwritten
     * @return the same tensor, or one of the same shape in the current scope
     */
    public Tensor inPlace(Tensor x) {
        switch (this) {
            case RELU -> x.relu_();
            case SILU, SWISH -> torch.silu_(x);
            default -> {
                return forward(x);
            }
        }
        return x;
    }

    private static Tensor laplace(Tensor x) {
        final Tensor scaled =
                torch.sub(x, new Scalar(0.707107), new Scalar(1)).div(new Scalar(0.282095 * Math.sqrt(2.0)));
        return torch.add(torch.erf(scaled), new Scalar(1.0), new Scalar(1)).mul(new Scalar(0.5));
    }
}
