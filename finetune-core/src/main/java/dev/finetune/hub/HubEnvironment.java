package dev.finetune.hub;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the variables that huggingface_hub reads (its constants.py), with the same precedence. */
record HubEnvironment(Map<String, String> variables, Path userHome) {
    private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{([^}]*)}|(\\w+))");
    private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");

    HubSettings settings() {
        Path home = path("HF_HOME")
                .orElseGet(() -> path("XDG_CACHE_HOME")
                        .orElse(userHome.resolve(".cache"))
                        .resolve("huggingface"));
        Path cache =
                path("HF_HUB_CACHE").or(() -> path("HUGGINGFACE_HUB_CACHE")).orElse(home.resolve("hub"));
        HubPatience patience = HubPatience.defaults();
        return HubSettings.defaults(cache)
                .withEndpoint(endpoint().orElse(HubSettings.DEFAULT_ENDPOINT))
                .withToken(isTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN") ? Optional.empty() : token(home))
                .withOffline(isTrue(value("HF_HUB_OFFLINE").isPresent() ? "HF_HUB_OFFLINE" : "TRANSFORMERS_OFFLINE"))
                .withSymlinks(!isTrue("HF_HUB_DISABLE_SYMLINKS"))
                .withPatience(patience.withTimeouts(
                        seconds("HF_HUB_ETAG_TIMEOUT").orElse(patience.connectTimeout()),
                        seconds("HF_HUB_DOWNLOAD_TIMEOUT").orElse(patience.readTimeout())));
    }

    private Optional<String> value(String name) {
        return Optional.ofNullable(variables.get(name)).filter(text -> !text.isBlank());
    }

    private boolean isTrue(String name) {
        return value(name)
                .map(text -> TRUE.contains(text.toUpperCase(Locale.ROOT)))
                .orElse(false);
    }

    private Optional<Path> path(String name) {
        return value(name).map(text -> {
            try {
                return Path.of(expand(text));
            } catch (InvalidPathException e) {
                throw new FinetuneException(
                        "The variable " + name + " isn't a path: '" + text + "' (" + e.getReason() + ").", e);
            }
        });
    }

    /** "~" and "$NAME" or "${NAME}", as a shell has it; an unknown name stays as it is. */
    private String expand(String text) {
        String told = text.equals("~") || text.startsWith("~/") || text.startsWith("~\\")
                ? userHome + text.substring(1)
                : text;
        return VARIABLE.matcher(told).replaceAll(match -> {
            String name = match.group(1) != null ? match.group(1) : match.group(2);
            return Matcher.quoteReplacement(variables.getOrDefault(name, match.group()));
        });
    }

    private Optional<String> token(Path home) {
        Optional<String> said = value("HF_TOKEN").or(() -> value("HUGGING_FACE_HUB_TOKEN"));
        if (said.isPresent()) {
            return said.map(String::strip);
        }
        Path file = path("HF_TOKEN_PATH").orElse(home.resolve("token"));
        try {
            return Optional.of(Files.readString(file).strip()).filter(text -> !text.isEmpty());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new FinetuneException(
                    "The hub's token file " + file.toAbsolutePath() + " is there but can't be read ("
                            + e.getClass().getSimpleName()
                            + "). Make it readable, remove it, or set HF_TOKEN.",
                    e);
        }
    }

    private Optional<URI> endpoint() {
        return value("HF_ENDPOINT").map(text -> {
            try {
                return new URI(text.strip());
            } catch (URISyntaxException e) {
                throw new FinetuneException(
                        "HF_ENDPOINT isn't an address: expected one such as " + HubSettings.DEFAULT_ENDPOINT + ".", e);
            }
        });
    }

    private Optional<Duration> seconds(String name) {
        return value(name).map(text -> {
            try {
                return Duration.ofSeconds(Integer.parseInt(text.strip()));
            } catch (NumberFormatException e) {
                throw new FinetuneException(
                        "The variable " + name + " is '" + text + "'; expected a whole number of seconds.", e);
            }
        });
    }
}
