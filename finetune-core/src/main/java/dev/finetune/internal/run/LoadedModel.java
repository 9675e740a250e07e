package dev.finetune.internal.run;

import dev.finetune.batch.Augmentation;
import dev.finetune.batch.InputEncoder;
import dev.finetune.batch.MemoryFormat;
import dev.finetune.calibration.Calibration;
import dev.finetune.checkpoint.OutputRows;
import dev.finetune.data.Dataset;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.DataForHead;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.internal.torch.FreedBlocks;
import dev.finetune.internal.torch.MemoryFailures;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.Network;
import dev.finetune.nn.NonFinite;
import dev.finetune.nn.Parameter;
import dev.finetune.peft.PeftMethod;
import dev.finetune.spi.Adaptation;
import dev.finetune.spi.Assembly;
import dev.finetune.spi.AssemblyRequest;
import dev.finetune.spi.ModelConfig;
import dev.finetune.spi.ModelFamily;
import dev.finetune.task.LossOptions;
import dev.finetune.train.Devices;
import dev.finetune.train.LengthGrouping;
import dev.finetune.train.TrainingSettings;
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
 * @param rows what became of the last layer that was saved, by the adapter if it says, else by the checkpoint
 * @param newHead what to tell of a saved head that was given up, if one was
 * @param device where the network's parameters are
 * @param <I> the kind of input
 */
public record LoadedModel<I>(
        Assembly<I> assembly,
        Path directory,
        String base,
        Optional<PeftMethod> method,
        OutputRows rows,
        Optional<String> newHead,
        Device device)
        implements AutoCloseable {
    /**
     * The head that a model would have to learn from some data, its labels known.
     *
     * @throws FinetuneException if it can't learn from the data's labels
     */
    public static Head head(Draft draft, Dataset<?> data) {
        final Optional<Head> saved = ModelReading.look(draft, LoadedModel::saved);
        final Head head = HeadResolver.resolve(draft.head(), saved, Optional.of(data));
        DataForHead.check(head, data);
        return head;
    }

    private static Optional<Head> saved(Draft draft) {
        final ModelConfig config = ModelPlace.find(draft).config();
        return saved(draft, Families.of(config), config);
    }

    /** The head that the adapter was saved with, if it says, else the checkpoint's. */
    private static Optional<Head> saved(Draft draft, ModelFamily family, ModelConfig config) {
        return draft.adapter().directory().flatMap(AdapterFiles::savedHead).or(() -> family.savedHead(config));
    }

    /** A model that was saved for its vectors has no task, but says how it pools them. */
    private static Optional<Head> ofVectors(ModelPlace place, Optional<Dataset<?>> data) {
        return data.isPresent()
                ? Optional.empty()
                : SentenceModules.pooling(place.directory()).map(Heads::features);
    }

    /** Finds, loads and freezes a model, and puts it on its device. */
    static LoadedModel<?> open(Draft draft, Optional<Dataset<?>> data) {
        return open(draft, data, Optional.empty());
    }

    /**
     * The same.
     *
     * @param pooling what a head of a whole input reads, if not what the family, or the checkpoint, has it read
     */
    private static LoadedModel<?> open(Draft draft, Optional<Dataset<?>> data, Optional<Pooling> pooling) {
        if (Thread.currentThread().isInterrupted()) {
            throw new FinetuneException(
                    "The thread is interrupted, so that no model is loaded; where that was meant for"
                            + " something else, Thread.interrupted() clears it.");
        }
        final TrainingSettings settings = draft.training();
        final Device device = Devices.of(settings.device());
        final ModelPlace place = ModelPlace.find(draft);
        final ModelConfig config = place.config();
        final ModelFamily family = Families.of(config);
        final Optional<Head> ofBase = family.savedHead(config);
        final Optional<Head> ofAdapter = draft.adapter().directory().flatMap(AdapterFiles::savedHead);
        final Optional<Head> saved = saved(draft, family, config);
        final Head head = HeadResolver.resolve(draft.head(), saved.or(() -> ofVectors(place, data)), data);
        final OutputRows rows = rows(draft, ofBase, ofAdapter, head);
        final Optional<String> newHead = HeadRows.told(saved, head, rows);
        newHead.ifPresent(Fitting.LOG::info);
        final LossOptions loss = ClassWeights.of(draft.loss(), head, data);
        if (draft.adapter().method().isPresent()
                && settings.preservation().l2sp().alpha() > 0) {
            throw new FinetuneException("preservation(p -> p.l2sp(...)) pulls pretrained weights back, and "
                    + draft.adapter().word() + " leaves them as they are: leave one of them out.");
        }
        final Optional<PeftMethod> named = draft.adapter().method().map(said -> said.on(family.layerNames(config)));
        final Adaptation adaptation = new Adaptation(
                named,
                draft.adapter().directory(),
                ofAdapter.isPresent() ? rows : new OutputRows.Kept(false),
                settings.seed(),
                draft.base());
        final AssemblyRequest request = new AssemblyRequest(
                place.directory(),
                place.weights(),
                config,
                head,
                pooling,
                draft.adapter().directory().isEmpty() ? rows : ofBase(ofBase, head),
                draft.maxLength(),
                settings.seed(),
                !draft.initialization().randomWeights(),
                loss,
                draft.augmentations(),
                draft.inputs(),
                settings.execution().memoryFormat(),
                adaptation,
                settings.execution().firstTokenOnly() && settings.preservation().distill() == 0,
                settings.regularization().dropout().orElse(Double.NaN));
        final Assembly<?> assembly = assembled(family, request, place);
        try {
            checkInputs(draft, assembly.encoder());
            checkFinite(assembly.network(), place);
            PackedBase.checkPacked(draft, assembly.network());
            move(assembly.network(), device, settings.execution().memoryFormat());
            final Optional<PeftMethod> method = method(draft, named, assembly.network());
            method.ifPresent(how -> Freezer.keepForAdapter(how, assembly.network()));
            Freezer.apply(draft.freezing().rules(), assembly.network());
            return new LoadedModel<>(assembly, place.directory(), place.base(), method, rows, newHead, device);
        } catch (RuntimeException | Error e) {
            assembly.close();
            throw outOfMemory(place, e);
        }
    }

    /** LibTorch's attention may hide such weights: of few positions, it gives finite numbers for scores that are NaN. */
    private static void checkFinite(Network network, ModelPlace place) {
        NonFinite.spoiled(network).ifPresent(told -> {
            throw new FinetuneException(
                    ModelPlace.shown(place.base()) + ": " + told + ", so that whatever the model says"
                            + " means nothing. The weights were spoiled before they were saved, by a training that diverged, say,"
                            + " or in a type that is too small for them: use another checkpoint.");
        });
    }

    private static Assembly<?> assembled(ModelFamily family, AssemblyRequest request, ModelPlace place) {
        try {
            return family.assemble(request);
        } catch (RuntimeException | OutOfMemoryError e) {
            throw outOfMemory(place, e);
        }
    }

    private static RuntimeException outOfMemory(ModelPlace place, Throwable thrown) {
        return MemoryFailures.named(
                "Loading " + ModelPlace.shown(place.base()),
                thrown,
                () -> "A smaller model, another device(...), or closing what else is open takes less of it.");
    }

    /** The rule for the last layer: the adapter's, where that says what its outputs are. */
    private static OutputRows rows(Draft draft, Optional<Head> ofBase, Optional<Head> ofAdapter, Head head) {
        if (ofAdapter.isPresent() || draft.adapter().directory().isEmpty()) {
            return HeadRows.of(
                    ofAdapter.or(() -> ofBase), head, draft.initialization().keepHead());
        }
        return new OutputRows.Kept(false); // PEFT's format doesn't name the outputs.
    }

    /** The rule for the base's last layer under an adapter, which may bring its own. */
    private static OutputRows ofBase(Optional<Head> saved, Head head) {
        final OutputRows rows = HeadRows.of(saved, head, false);
        return rows instanceof OutputRows.Kept ? new OutputRows.Kept(false) : rows;
    }

    /** What adapts the network, which also trains what starts at random: unless all does, as was asked for. */
    private static Optional<PeftMethod> method(Draft draft, Optional<PeftMethod> named, Network network) {
        if (draft.adapter().directory().isEmpty()) {
            draft.adapter().method().ifPresent(said -> Freezer.checkTrainedWhole(said, network));
        }
        return draft.initialization().randomWeights()
                ? named
                : named.map(how -> how.training(Freezer.startingAnew(how, network)));
    }

    /** Whether its parameters are on the CPU, not a GPU. */
    public boolean isOnCpu() {
        return device.is_cpu();
    }

    /** Whether a parameter of that name is the adapter's, not the base's. */
    public boolean isOfAdapter(String parameter) {
        return method.filter(how -> how.owns(parameter, assembly.network().adaptedLayers()))
                .isPresent();
    }

    /** The names of what is random here and belongs neither to the base's checkpoint nor to the adapter's. */
    public List<String> random() {
        return assembly.network().parameters().stream()
                .filter(Parameter::isNewlyInitialized)
                .map(Parameter::name)
                .toList();
    }

    /**
     * As {@link #open(Draft, Optional)}, to learn from data.
     *
     * @throws FinetuneException if the head can't learn from the data's labels
     */
    static <J> LoadedModel<J> openToTrain(Draft draft, Dataset<J> train) {
        return openToTrain(draft, train, Optional.empty());
    }

    /**
     * The same.
     *
     * @param pooling what a head of a whole input reads, if not what the family, or the checkpoint, has it read
     */
    static <J> LoadedModel<J> openToTrain(Draft draft, Dataset<J> train, Optional<Pooling> pooling) {
        PackedBase.checkTraining(draft);
        final Draft known = draft.head(
                head(draft, train)); // So that labels are looked for once: of a stream that is a pass over all of it.
        return ModelReading.whole(
                known, now -> of(open(now, Optional.of(train), pooling), train.inputType()), LoadedModel::close);
    }

    /** As {@link #open(Draft, Optional)}, for inputs of one kind. */
    static <J> LoadedModel<J> open(Draft draft, Optional<Dataset<?>> data, Class<J> inputType) {
        return of(open(draft, data), inputType);
    }

    private static <J> LoadedModel<J> of(LoadedModel<?> model, Class<J> inputType) {
        try {
            return model.reading(inputType);
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    private static void checkInputs(Draft draft, InputEncoder<?> encoder) {
        if (draft.training().batching().grouping() == LengthGrouping.BY_LENGTH && !encoder.hasLengths()) {
            throw new FinetuneException("batching(b -> b.groupByLength(true)) computes inputs of similar length"
                    + " together, and those of this model (" + encoder.kinds()
                    + ") have no length: leave it out.");
        }
        for (Augmentation augmentation : draft.augmentations()) {
            check("augment(" + augmentation + ")", augmentation.inputType(), encoder);
        }
        draft.inputs().ifPresent(inputs -> check("inputs(" + inputs + ")", inputs.inputType(), encoder));
    }

    private static void check(String setting, Class<?> isFor, InputEncoder<?> encoder) {
        if (!encoder.reads(isFor)) {
            throw new FinetuneException(setting + " is for " + isFor.getSimpleName() + " inputs, but the model reads "
                    + encoder.kinds() + ".");
        }
    }

    /** The same model, its kind of input checked. */
    @SuppressWarnings("unchecked") // The encoder's input type was compared.
    public <J> LoadedModel<J> reading(Class<J> inputType) {
        final InputEncoder<?> encoder = assembly.encoder();
        if (!encoder.reads(inputType)) {
            throw new FinetuneException("A " + assembly.task().head().kind() + " head reads " + encoder.kinds()
                    + ", but the data holds " + inputType.getSimpleName() + ".");
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
                rows,
                newHead,
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
                    parameter.move(device, lies);
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
