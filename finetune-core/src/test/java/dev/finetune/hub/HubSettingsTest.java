package dev.finetune.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The environment is read as huggingface_hub reads it, and the token is nobody's business. */
class HubSettingsTest {
    @TempDir
    Path home;

    private HubSettings from(String... variables) {
        Map<String, String> environment = new HashMap<>();
        for (int i = 0; i < variables.length; i += 2) {
            environment.put(variables[i], variables[i + 1]);
        }
        return HubSettings.fromEnvironment(environment, home);
    }

    @Test
    void theDefaultsAreThoseOfHuggingfaceHub() {
        HubSettings settings = from();

        assertThat(settings.cacheDirectory()).isEqualTo(home.resolve(".cache/huggingface/hub"));
        assertThat(settings.endpoint()).hasToString("https://huggingface.co");
        assertThat(settings.token()).isEmpty();
        assertThat(settings.offline()).isFalse();
        assertThat(settings.symlinks()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "XDG_CACHE_HOME=/x, /x/huggingface/hub",
        "XDG_CACHE_HOME=/x HF_HOME=/h, /h/hub",
        "HF_HOME=/h HUGGINGFACE_HUB_CACHE=/legacy, /legacy",
        "HF_HOME=/h HUGGINGFACE_HUB_CACHE=/legacy HF_HUB_CACHE=/new, /new",
        "HF_HOME=$BASE/hf BASE=/base, /base/hf/hub",
        "HF_HOME=${BASE}/hf BASE=/base, /base/hf/hub",
        "HF_HOME=$UNKNOWN/hf, $UNKNOWN/hf/hub",
    })
    void theCacheIsWhereTheVariablesSay(String variables, String expected) {
        assertThat(from(variables.split("[ =]")).cacheDirectory())
                .isEqualTo(Path.of(expected).toAbsolutePath());
    }

    @Test
    void aTildeIsTheUsersHome() {
        assertThat(from("HF_HOME", "~/hf").cacheDirectory()).isEqualTo(home.resolve("hf/hub"));
        assertThat(from("HF_HUB_CACHE", "~").cacheDirectory()).isEqualTo(home);
    }

    @Test
    void anEmptyVariableCountsAsUnset() {
        assertThat(from("HF_HOME", "", "HF_HUB_CACHE", " ", "HF_TOKEN", "")).isEqualTo(from());
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "true", "TRUE", "Yes", "on"})
    void offlineIsSaidInSeveralWays(String text) {
        assertThat(from("HF_HUB_OFFLINE", text).offline()).isTrue();
        assertThat(from("TRANSFORMERS_OFFLINE", text).offline()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "false", "no", "off", "2"})
    void anythingElseIsOnline(String text) {
        assertThat(from("HF_HUB_OFFLINE", text, "TRANSFORMERS_OFFLINE", "1").offline())
                .isFalse();
    }

    @Test
    void theTokenComesFromTheVariableElseFromTheFile() throws IOException {
        Files.createDirectories(home.resolve(".cache/huggingface"));
        Files.writeString(home.resolve(".cache/huggingface/token"), "hf_file\n");
        Path other = Files.writeString(home.resolve("other"), " hf_other ");

        assertThat(from().token()).contains("hf_file");
        assertThat(from("HF_TOKEN_PATH", other.toString()).token()).contains("hf_other");
        assertThat(from("HUGGING_FACE_HUB_TOKEN", "hf_legacy").token()).contains("hf_legacy");
        assertThat(from("HF_TOKEN", " hf_new\n", "HUGGING_FACE_HUB_TOKEN", "hf_legacy")
                        .token())
                .contains("hf_new");
        assertThat(from("HF_TOKEN", "hf_new", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
                        .token())
                .isEmpty();
    }

    @Test
    void theTokenIsNeverShown() {
        HubSettings settings = from("HF_TOKEN", "hf_secret");

        assertThat(settings.toString()).contains("token=set").doesNotContain("hf_secret");
        assertThat(from().toString()).contains("token=none");
        assertThatThrownBy(() -> settings.withToken(Optional.of("hf_secret with\nline break")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("HF_TOKEN")
                .hasMessageNotContaining("hf_secret");
    }

    @Test
    void endpointTimeOutsAndLinksAreRead() {
        HubSettings settings = from(
                "HF_ENDPOINT",
                "https://hub.example.org/mirror/",
                "HF_HUB_ETAG_TIMEOUT",
                "3",
                "HF_HUB_DOWNLOAD_TIMEOUT",
                "60",
                "HF_HUB_DISABLE_SYMLINKS",
                "1");

        assertThat(settings.endpoint()).isEqualTo(URI.create("https://hub.example.org/mirror"));
        assertThat(settings.patience().connectTimeout()).isEqualTo(Duration.ofSeconds(3));
        assertThat(settings.patience().readTimeout()).isEqualTo(Duration.ofSeconds(60));
        assertThat(settings.symlinks()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"huggingface.co", "ftp://x", "https://", "https://user:word@host", "https://h?q=1", "::"})
    void anEndpointThatIsntOneIsRefused(String text) {
        assertThatThrownBy(() -> from("HF_ENDPOINT", text))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("HF_ENDPOINT")
                .hasMessageContaining("https://huggingface.co")
                .hasMessageNotContaining("word");
    }

    @Test
    void aTimeOutThatIsntANumberIsNamed() {
        assertThatThrownBy(() -> from("HF_HUB_ETAG_TIMEOUT", "soon"))
                .hasMessageContaining("HF_HUB_ETAG_TIMEOUT")
                .hasMessageContaining("'soon'");
        assertThatThrownBy(() -> HubPatience.defaults().withTimeouts(Duration.ZERO, Duration.ofSeconds(1)))
                .hasMessageContaining("connectTimeout is PT0S; expected more than 0");
        assertThatThrownBy(() -> HubPatience.defaults().withRetries(-1, Duration.ZERO))
                .hasMessageContaining("maxRetries is -1");
    }
}
