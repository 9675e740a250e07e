package dev.finetune.examples;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.generate.Generated;
import dev.finetune.generate.Generation;
import dev.finetune.internal.Terminal;
import dev.finetune.internal.Visible;
import dev.finetune.lm.Chat;
import dev.finetune.peft.Quantized;
import dev.finetune.train.DeviceChoice;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes with a language model: after prompts of the command line, of a file, or of standard input. */
@Command(
        name = "generate",
        description = {
            "Write with a language model, after each prompt; the text comes while it is written.",
            "Prompts are --prompt, or the lines of --file, or those of standard input. What isn't said is as the model's"
                    + " generation_config.json has it, else 20 new tokens of the most probable ones."
        },
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class GenerateCommand implements Callable<Integer> {
    @Option(names = "--model", required = true, description = "A model directory, or a Hugging Face model id.")
    private String model = "";

    @Option(names = "--adapter", description = "The directory of an adapter that was trained beside the model.")
    private @Nullable Path adapter;

    @Option(
            names = "--base",
            paramLabel = "nf4|nf4_double|int8",
            description =
                    "Keep the model's weights in 4 bits (nf4, nf4_double) or 8 (int8), as --base of the command lm does.")
    private Optional<Quantized> base = Optional.empty();

    @Option(names = "--prompt", description = "What the model goes on with; may be given several times.")
    private List<String> prompts = List.of();

    @Option(names = "--file", description = "A file of prompts, one a line, in UTF-8; - for standard input.")
    private @Nullable Path file;

    @Option(names = "--chat", description = "Prompts are what a user says, and the model answers by its chat template.")
    private boolean chat;

    @Option(names = "--system", description = "With --chat: what the system says before.")
    private Optional<String> system = Optional.empty();

    @Option(names = "--json", description = "Print a line of JSON for each prompt, when its text is whole.")
    private boolean json;

    @Option(names = "--device", description = "${COMPLETION-CANDIDATES}.")
    private DeviceChoice device = DeviceChoice.AUTO;

    @Mixin
    private GenerationOptions generation = new GenerationOptions();

    @Override
    public Integer call() throws Exception {
        if (!prompts.isEmpty() && file != null) {
            throw new WrongUsage("--prompt and --file are two ways to give prompts: give one of them.");
        }
        if (system.isPresent() && !chat) {
            throw new WrongUsage("--system goes with --chat.");
        }
        final Generation settings = WrongUsage.unless(generation::settings);
        return StopSignals.during(() -> {
            if (chat) {
                write(Chat.class, this::chat, settings);
            } else {
                write(Text.class, Text::of, settings);
            }
            return true;
        });
    }

    private Chat chat(String prompt) {
        return system.map(Chat.of()::system).orElse(Chat.of()).user(prompt);
    }

    /** How a prompt becomes an input. */
    private interface Asked<I> {
        I of(String prompt);
    }

    private <I> void write(Class<I> type, Asked<I> asked, Generation settings) throws IOException {
        final FineTuner plain =
                FineTuner.from(model).hub(h -> h.downloads(Console.downloads())).device(device);
        final FineTuner packed = base.map(plain::base).orElse(plain);
        final FineTuner tuner = adapter == null ? packed : packed.adapter(adapter);
        try (FineTuned<I> writer = tuner.untrained(type)) {
            // Not to be closed: it is System.out in UTF-8, whatever the locale.
            final PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
            if (!prompts.isEmpty()) {
                for (String prompt : prompts) {
                    write(writer, prompt, asked.of(prompt), settings, out);
                }
                return;
            }
            if (!writeLines(line -> write(writer, line, asked.of(line), settings, out))) {
                throw new FinetuneException(
                        whence() + " holds no prompt: expected one a line, in lines that aren't blank.");
            }
        }
    }

    /** Whether there was one. */
    private boolean writeLines(Consumer<String> each) throws IOException {
        boolean any = false;
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(open(), StandardCharsets.UTF_8.newDecoder()))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (Thread.currentThread().isInterrupted()) {
                    return true;
                }
                if (!line.isBlank()) {
                    any = true;
                    each.accept(line);
                }
            }
        } catch (CharacterCodingException e) {
            throw new FinetuneException(whence() + " isn't in UTF-8: save it so.", e);
        }
        return any;
    }

    private String whence() {
        return file == null || file.toString().equals("-") ? "Standard input" : "--file " + file;
    }

    private InputStream open() throws IOException {
        if (file == null || file.toString().equals("-")) {
            return System.in;
        }
        if (!Files.isRegularFile(file)) {
            throw new FinetuneException("--file " + file + ": there is no such file.");
        }
        return Files.newInputStream(file);
    }

    private <I> void write(FineTuned<I> writer, String prompt, I input, Generation settings, PrintStream out) {
        if (json) {
            final Generated text = writer.generate(input, settings);
            final JsonObject line = new JsonObject();
            line.addProperty("prompt", prompt);
            line.addProperty("text", text.text());
            line.addProperty("tokens", text.ids().size());
            line.addProperty("end", text.end().name());
            out.print(new GsonBuilder().disableHtmlEscaping().create().toJson(line));
        } else if (settings.beams() > 1) {
            out.print(shown(writer.generate(input, settings).text()));
        } else {
            writeInPieces(writer, input, settings, out);
        }
        out.print("\n");
        out.flush();
    }

    /** Whole, where the model's own settings ask for beams, or for several texts. */
    private static <I> void writeInPieces(FineTuned<I> writer, I input, Generation settings, PrintStream out) {
        final AtomicBoolean begun = new AtomicBoolean();
        try {
            writer.generate(input, settings, piece -> {
                begun.set(true);
                out.print(shown(piece));
                out.flush();
            });
        } catch (FinetuneException e) {
            if (begun.get()) {
                throw e;
            }
            out.print(shown(writer.generate(input, settings).text()));
        }
    }

    /** As it is for a file or another program; a terminal isn't to obey what a model writes. */
    private static String shown(String text) {
        return Terminal.isWatched() ? Visible.of(text) : text;
    }
}
