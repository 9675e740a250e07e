package dev.finetune.nn;

import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
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
        if (up.fuses(input, context)) {
            return up.times(gate.activated(activation, input, context), input, context);
        }
        try (TensorScope scope = TensorScope.open()) {
            final Tensor gates = gate.forward(input, context);
            final Tensor ups = up.forward(input, context);
            if (!GradMode.is_enabled()) {
                final Tensor activated = activation.inPlace(gates);
                activated.mul_(ups); // What it returns belongs to the other handle.
                return scope.keep(activated);
            }
            return scope.keep(
                    CustomGradients.payFor(gates) && activation.hasGradient()
                            ? keepingInputs(gates, gate.givesBfloat16(input), ups, up.givesBfloat16(input))
                            : activation.forward(gates).mul(ups));
        }
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
            final Tensor ofGates = gradients.wanted(0) ? like(gradient) : null;
            final Tensor ofUps = gradients.wanted(1) ? like(gradient) : null;
            final long rows = gradient.numel() / gradient.size(-1);
            RowPieces.each(rows, gradient.size(-1), (first, count) -> {
                final UnaryOperator<Tensor> piece =
                        all -> all.reshape(-1, all.size(-1)).narrow(0, first, count);
                final Tensor given = piece.apply(gradient).to(ScalarType.Float);
                final Tensor gates = piece.apply(kept.get(0)).to(ScalarType.Float);
                if (ofUps != null) {
                    piece.apply(ofUps).copy_(activation.forward(gates).mul_(given));
                }
                if (ofGates != null) {
                    final Tensor through = given.mul(piece.apply(kept.get(1)));
                    activation.gradient(through, gates);
                    piece.apply(ofGates).copy_(through);
                }
            });
            if (ofUps != null) {
                gradients.set(1, ofUps);
            }
            if (ofGates != null) {
                gradients.set(0, ofGates);
            }
        }
    }

    /** Of any values, in row-major order. */
    private static Tensor like(Tensor gradient) {
        return torch.empty(Tensors.shape(gradient), new TensorOptions(gradient.scalar_type()), null);
    }
}
