package dev.finetune.hub;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.saving.DirectorySave;
import dev.finetune.internal.saving.Disk;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model of the class path as a directory: its resources are unpacked to CACHE/.finetune/NAME-KEY, whole and under their
 * names at once, where the key is of what the jar says of them. A folder that is there is taken as it is.
 */
public final class PackedModel {
    /** Where, in the cache of the hub. */
    private static final String FOLDER = ".finetune";

    /** How the names of folders begin that aren't whole yet. */
    private static final String UNPACKING = "unpacking-";

    private static final int KEY_LENGTH = 16;
    private static final String TOKENIZER = "tokenizer.json";
    private static final Logger log = LoggerFactory.getLogger(Hub.class);

    private final Pretrained model;
    private final HubSettings settings;

    /**
     * A model, to be unpacked to the cache that the settings name.
     *
     * @param model of the class path
     * @param settings of the cache
     */
    public PackedModel(Pretrained model, HubSettings settings) {
        this.model = model;
        this.settings = settings;
    }

    /**
     * Unpacks it where that wasn't done before.
     *
     * @return a model's directory
     * @throws FinetuneException if a resource isn't there, or the cache can't be written to
     */
    public Path directory() {
        final Map<String, URL> resources =
                Map.of(weightsFile(), resource(model.weights()), TOKENIZER, resource(model.tokenizer()));
        settings.whyNoCache().ifPresent(why -> {
            throw new FinetuneException(model.name() + " can't be unpacked to the Hugging Face cache: " + why + ".");
        });
        final Path parent = settings.cacheDirectory().resolve(FOLDER);
        try {
            final Path directory = parent.resolve(model.name() + "-" + key(resources));
            if (!Files.isDirectory(directory)) {
                log.info("Unpacking {} to {}", model.name(), directory);
                unpack(resources, Files.createDirectories(parent), directory);
            }
            return directory;
        } catch (IOException e) {
            throw new FinetuneException(
                    model.name() + " can't be unpacked to " + parent + " (" + e + "). Make room there, or name another"
                            + " cache: hub(h -> h.settings(HubSettings.defaults(directory))), or the environment"
                            + " variable HF_HUB_CACHE.",
                    e);
        }
    }

    /** By its ending the format is known; Weights takes it where there is none other. */
    private String weightsFile() {
        final int dot = model.weights().lastIndexOf('.');
        return "model"
                + (dot > model.weights().lastIndexOf('/') ? model.weights().substring(dot) : "");
    }

    private URL resource(String name) {
        final ClassLoader context = Thread.currentThread().getContextClassLoader();
        URL found = context == null ? null : context.getResource(name);
        if (found == null) {
            found = PackedModel.class.getClassLoader().getResource(name);
        }
        if (found == null) {
            throw new FinetuneException(
                    "The model " + model.name() + " comes in a jar, and there is no resource "
                            + SafeName.printable(name) + " on the class path or the module path. "
                            + model.dependency()
                                    .orElse(
                                            "Add the dependency that has it, or correct the name, which counts from the root."));
        }
        return found;
    }

    /** What differs where the contents do: sizes and checksums in a jar, sizes and times of plain files. */
    private String key(Map<String, URL> resources) throws IOException {
        final StringBuilder facts = new StringBuilder();
        for (String file : List.of(weightsFile(), TOKENIZER)) {
            final URLConnection connection =
                    Objects.requireNonNull(resources.get(file)).openConnection();
            connection.setUseCaches(false);
            connection.getInputStream().close();
            final long sum = connection instanceof JarURLConnection jar
                    ? jar.getJarEntry().getCrc()
                    : connection.getLastModified();
            facts.append(file + " " + connection.getContentLengthLong() + " " + sum + "\n");
        }
        model.files()
                .forEach((file, text) ->
                        facts.append(file).append('\n').append(text).append('\n'));
        try {
            final MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of()
                    .formatHex(digest.digest(facts.toString().getBytes(StandardCharsets.UTF_8)))
                    .substring(0, KEY_LENGTH);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // Every Java has it.
        }
    }

    private void unpack(Map<String, URL> resources, Path parent, Path directory) throws IOException {
        DirectorySave.sweep(parent, UNPACKING);
        final Path fresh = Files.createDirectory(parent.resolve(UNPACKING + UUID.randomUUID()));
        try {
            for (Map.Entry<String, URL> resource : resources.entrySet()) {
                final URLConnection connection = resource.getValue().openConnection();
                connection.setUseCaches(false);
                try (InputStream in = connection.getInputStream()) {
                    Files.copy(in, fresh.resolve(resource.getKey()));
                }
            }
            for (Map.Entry<String, String> file : model.files().entrySet()) {
                final Path place = fresh.resolve(file.getKey());
                Files.createDirectories(place.getParent());
                Files.writeString(place, file.getValue());
            }
            move(fresh, directory);
        } finally {
            DirectorySave.removeFolder(fresh, new Disk());
        }
    }

    /** Another process may have been faster, with the same files. */
    private static void move(Path fresh, Path directory) throws IOException {
        try {
            Files.move(fresh, directory, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            if (!Files.isDirectory(directory)) {
                throw e;
            }
        }
    }
}
