package dev.finetune;

import dev.finetune.data.Dataset;
import dev.finetune.hub.FilesNeeded;
import dev.finetune.hub.Hub;
import dev.finetune.hub.HubSettings;
import dev.finetune.hub.ResolvedModel;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.spi.Assembly;
import dev.finetune.spi.AssemblyRequest;
import dev.finetune.spi.ModelConfig;
import dev.finetune.spi.ModelFamily;
import dev.finetune.task.LossOptions;
import dev.finetune.train.Devices;
import java.nio.file.Path;
import java.util.Optional;
import org.bytedeco.pytorch.Device;

/**
 * A model put together from what a tuner was told.
 *
 * @param assembly network, encoder and task; owned
 * @param base what it was loaded from: a directory, or an id and its commit
 * @param device where the network's parameters are
 * @param <I> the kind of input
 */
record LoadedModel<I>(Assembly<I> assembly, String base, Device device) implements AutoCloseable {
    /** Finds, loads and freezes a model, and puts it on its device. */
    static LoadedModel<?> open(Draft draft, Optional<Dataset<?>> data) {
        final Device device = Devices.of(draft.device);
        device.retainReference();
        final HubSettings hub = draft.hub == null ? HubSettings.fromEnvironment() : draft.hub;
        final ResolvedModel found =
                new Hub(hub, draft.downloads).locate(draft.model, draft.revision, FilesNeeded.model());
        final Path directory = found.directory();
        final ModelConfig config = ModelConfig.read(directory);
        final ModelFamily family = Families.of(config);
        final Head head = HeadResolver.resolve(Optional.ofNullable(draft.head), family.savedHead(config), data);
        final LossOptions loss = ClassWeights.of(draft, head, data);
        final Assembly<?> assembly = family.assemble(new AssemblyRequest(
                directory, config, head, draft.maxLength, draft.seed, !draft.randomWeights, loss, draft.dropout));
        try {
            move(assembly.network(), device);
            Freezer.apply(draft.freezing, assembly.network());
            return new LoadedModel<>(
                    assembly, draft.model + found.commit().map(c -> " at " + c).orElse(""), device);
        } catch (RuntimeException e) {
            assembly.close();
            throw e;
        }
    }

    /** The same model, its kind of input checked. */
    @SuppressWarnings("unchecked") // The encoder's input type was compared.
    <J> LoadedModel<J> reading(Class<J> inputType) {
        final Class<?> takes = assembly.encoder().inputType();
        if (takes != inputType) {
            throw new FinetuneException("A " + assembly.task().head().getClass().getSimpleName() + " head reads "
                    + takes.getSimpleName() + ", but the data holds " + inputType.getSimpleName() + ".");
        }
        return (LoadedModel<J>) this;
    }

    private static void move(Network network, Device device) {
        if (!device.is_cpu()) {
            try (TensorScope scope = TensorScope.open()) {
                for (Parameter parameter : network.parameters()) {
                    parameter
                            .value()
                            .set_data(parameter
                                    .value()
                                    .to(device, parameter.value().scalar_type()));
                }
            }
        }
    }

    @Override
    public void close() {
        assembly.close();
    }
}
