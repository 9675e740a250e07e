package dev.finetune;

import dev.finetune.calibration.Calibration;
import dev.finetune.data.Dataset;
import dev.finetune.internal.torch.FreedBlocks;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.spi.Adaptation;
import dev.finetune.spi.Assembly;
import dev.finetune.spi.AssemblyRequest;
import dev.finetune.spi.Augmentation;
import dev.finetune.spi.InputEncoder;
import dev.finetune.spi.MemoryFormat;
import dev.finetune.spi.ModelConfig;
import dev.finetune.spi.ModelFamily;
import dev.finetune.task.LossOptions;
import dev.finetune.train.Devices;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A model put together from what a tuner was told.
 *
 * @param assembly network, encoder and task; owned
 * @param directory where its checkpoint's files lie
 * @param base what it was loaded from: a path, or an id and its commit
 * @param method what adapts it
 * @param device where the network's parameters are
 * @param <I> the kind of input
 */
record LoadedModel<I>(Assembly<I> assembly, Path directory, String base, Optional<PeftMethod> method, Device device)
        implements AutoCloseable {
    /** The head that a model would have for some data, its labels known. */
    static Head head(Draft draft, Dataset<?> data) {
        final ModelConfig config = ModelPlace.find(draft).config();
        return HeadResolver.resolve(
                Optional.ofNullable(draft.head), Families.of(config).savedHead(config), Optional.of(data));
    }

    /** Finds, loads and freezes a model, and puts it on its device. */
    static LoadedModel<?> open(Draft draft, Optional<Dataset<?>> data) {
        if (Thread.currentThread().isInterrupted()) {
            throw new FinetuneException(
                    "The thread is interrupted, so that no model is loaded; where that was meant for"
                            + " something else, Thread.interrupted() clears it.");
        }
        final Device device = Devices.of(draft.device);
        final ModelPlace place = ModelPlace.find(draft);
        final ModelConfig config = place.config();
        final ModelFamily family = Families.of(config);
        final Head head = HeadResolver.resolve(Optional.ofNullable(draft.head), family.savedHead(config), data);
        final LossOptions loss = ClassWeights.of(draft, head, data);
        if (draft.method != null && draft.gentle.pulls().l2sp() > 0) {
            throw new FinetuneException("l2sp(...) pulls pretrained weights back, and LoRA or IA3 doesn't change them:"
                    + " leave one of them out.");
        }
        final Adaptation adaptation =
                new Adaptation(Optional.ofNullable(draft.method), Optional.ofNullable(draft.adapter), draft.seed);
        final Assembly<?> assembly = family.assemble(new AssemblyRequest(
                place.directory(),
                place.weights(),
                config,
                head,
                draft.maxLength,
                draft.seed,
                !draft.randomWeights,
                loss,
                draft.augmentations,
                Optional.ofNullable(draft.inputSettings),
                draft.memoryFormat,
                adaptation,
                draft.skipUnread && draft.gentle.pulls().distill() == 0,
                draft.dropout));
        try {
            checkInputs(draft, assembly.encoder());
            move(assembly.network(), device, draft.memoryFormat);
            final Optional<PeftMethod> method = method(draft, assembly.network());
            method.ifPresent(how -> Freezer.keepForAdapter(how, assembly.network()));
            Freezer.apply(draft.freezing, assembly.network());
            return new LoadedModel<>(assembly, place.directory(), place.base(), method, device);
        } catch (RuntimeException e) {
            assembly.close();
            throw e;
        }
    }

    /** What adapts the network, which also trains what starts at random: unless all does, as was asked for. */
    private static Optional<PeftMethod> method(Draft draft, Network network) {
        if (draft.method == null) {
            return Optional.empty();
        }
        if (draft.adapter == null) {
            Freezer.checkTrainedWhole(draft.method, network);
        }
        return Optional.of(
                draft.randomWeights
                        ? draft.method
                        : draft.method.training(Freezer.startingAnew(draft.method, network)));
    }

    /** Whether a parameter of that name is the adapter's, not the base's. */
    boolean isOfAdapter(String parameter) {
        return method.filter(how -> how.owns(parameter, assembly.network().adaptedLayers()))
                .isPresent();
    }

    /** The names of what is random here and belongs neither to the base's checkpoint nor to the adapter's. */
    List<String> random() {
        return assembly.network().parameters().stream()
                .filter(Parameter::isFresh)
                .map(Parameter::name)
                .toList();
    }

    /** As {@link #open(Draft, Optional)}, for inputs of one kind. */
    static <J> LoadedModel<J> open(Draft draft, Optional<Dataset<?>> data, Class<J> inputType) {
        final LoadedModel<?> model = open(draft, data);
        try {
            return model.reading(inputType);
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    private static void checkInputs(Draft draft, InputEncoder<?> encoder) {
        final Class<?> reads = encoder.inputType();
        if (draft.groupingSaid && draft.groupByLength && !encoder.hasLengths()) {
            throw new FinetuneException("groupByLength(true) puts inputs of similar length into one batch, and those of"
                    + " this model (" + reads.getSimpleName() + ") have no length: leave it out.");
        }
        for (Augmentation augmentation : draft.augmentations) {
            check("augment(" + augmentation + ")", augmentation.inputType(), reads);
        }
        if (draft.inputSettings != null) {
            check("inputs(" + draft.inputSettings + ")", draft.inputSettings.inputType(), reads);
        }
    }

    private static void check(String setting, Class<?> isFor, Class<?> reads) {
        if (isFor != reads) {
            throw new FinetuneException(setting + " is for " + isFor.getSimpleName() + " inputs, but the model reads "
                    + reads.getSimpleName() + ".");
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

    /** The same model with its task calibrated; it owns, and is, the same native parts. */
    LoadedModel<I> calibrated(Calibration calibration) {
        return new LoadedModel<>(
                new Assembly<>(
                        assembly.network(),
                        assembly.encoder(),
                        assembly.task().calibrated(calibration),
                        assembly.report(),
                        assembly.config()),
                directory,
                base,
                method,
                device);
    }

    /** The weights of convolutions go to a GPU in the format in which it convolves fastest, rather than be turned each time. */
    private static void move(Network network, Device device, MemoryFormat format) {
        if (!device.is_cpu()) {
            try (TensorScope scope = TensorScope.open()) {
                for (Parameter parameter : network.parameters()) {
                    final Tensor value = parameter.value();
                    final boolean convolves = value.dim() == 4 && format != MemoryFormat.CONTIGUOUS;
                    final MemoryFormatOptional lies = new MemoryFormatOptional(
                            convolves ? torch.MemoryFormat.ChannelsLast : torch.MemoryFormat.Preserve);
                    value.set_data(value.to(device, value.scalar_type(), false, true, lies));
                }
                for (Buffer buffer : network.buffers()) {
                    buffer.value()
                            .set_data(buffer.value().to(device, buffer.value().scalar_type()));
                }
            }
        }
    }

    /** Frees the model, and gives the memory back to the system. */
    @Override
    public void close() {
        assembly.close();
        FreedBlocks.giveBack();
    }
}
