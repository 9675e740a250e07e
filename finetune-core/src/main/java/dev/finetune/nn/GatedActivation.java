package dev.finetune.nn;

import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * activation(gate) * up, the gated linear unit of Llama's kin (Shazeer 2020, "GLU Variants Improve Transformer"). Where gradients may
 * be custom, gate and up alone are kept for backward, and in 16 bits where they hold no more.
 */
public final class GatedActivation {
    private final Activation activation;

    /**
     * Takes the activation.
     *
     * @param activation of the gate
     */
    public GatedActivation(Activation activation) {
        this.activation = activation;
    }

    /**
     * Applies it to what two layers give.
     *
     * @param gate gives the gate
     * @param up gives what passes it
     * @param input (..., in) (borrowed)
     * @param context of this pass
     * @return (..., inner), in the current scope
     */
    public Tensor forward(Linear gate, Linear up, Tensor input, ForwardContext context) {
        final Tensor gates = gate.forward(input, context);
        final Tensor ups = up.forward(input, context);
        return CustomGradients.payFor(gates) && activation.hasGradient()
                ? keepingInputs(gates, gate.givesBfloat16(input), ups, up.givesBfloat16(input))
                : activation.forward(gates).mul(ups);
    }

    private Tensor keepingInputs(Tensor gates, boolean gatesAreHalf, Tensor ups, boolean upsAreHalf) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor value;
            final List<Tensor> kept;
            try (GradientMode off = GradientMode.off()) {
                value = activation.forward(gates).mul_(ups);
                kept = List.of(kept(gates, gatesAreHalf), kept(ups, upsAreHalf));
            }
            return scope.keep(CustomGradients.output(
                    value, List.of(gates, ups), kept, (gradient, k, gradients) -> gradients(gradient, k, gradients)));
        }
    }

    private static Tensor kept(Tensor tensor, boolean half) {
        return half ? tensor.detach().to(ScalarType.BFloat16) : tensor.detach();
    }

    private void gradients(Tensor gradient, List<Tensor> kept, CustomGradients.Gradients gradients) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor gates = kept.get(0).to(ScalarType.Float);
            if (gradients.wanted(1)) {
                gradients.set(1, activation.forward(gates).mul_(gradient));
            }
            if (gradients.wanted(0)) {
                final Tensor ofGates = gradient.mul(kept.get(1));
                activation.gradient(ofGates, gates);
                gradients.set(0, ofGates);
            }
        }
    }
}
