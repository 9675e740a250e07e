package dev.finetune.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import dev.finetune.testkit.FakeHub;
import dev.finetune.testkit.FakeHub.Redirects;
import dev.finetune.testkit.FakeModel;
import dev.finetune.testkit.FakeReply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may have what: tokens, and what is said when the hub refuses. */
class HubAccessTest {
    private static final String TOKEN = "hf_secretsecretsecret";
    private static final FilesNeeded ALL = FilesNeeded.of("config.json", "model.safetensors");

    @TempDir
    Path cache;

    private FakeHub fake;

    @BeforeEach
    void start() throws IOException {
        fake = new FakeHub();
    }

    @AfterEach
    void stop() {
        fake.close();
    }

    private FakeModel secret() {
        return fake.model("org/secret")
                .small("config.json", "{}")
                .large("model.safetensors", "weights".getBytes(StandardCharsets.UTF_8))
                .secret(TOKEN);
    }

    private Hub hub(Optional<String> token) {
        return new Hub(HubSettings.defaults(cache)
                .withEndpoint(fake.endpoint())
                .withToken(token)
                .withPatience(HubPatience.defaults().withRetries(0, Duration.ZERO)));
    }

    @Test
    void theTokenGoesToTheHubAndNeverToAnotherHost() {
        secret();

        Path found = hub(Optional.of(TOKEN)).resolve("org/secret", "main", ALL);

        assertThat(found.resolve("model.safetensors")).hasContent("weights");
        assertThat(fake.requests()).anyMatch(FakeHub.Request::onStorage);
        assertThat(fake.requests())
                .allSatisfy(request -> assertThat(request.header("Authorization"))
                        .isEqualTo(request.onStorage() ? Optional.empty() : Optional.of("Bearer " + TOKEN)));
    }

    @Test
    void theTokenStaysOnRedirectsWithinTheHub() {
        fake.redirects(Redirects.RELATIVE);
        secret();

        hub(Optional.of(TOKEN)).resolve("org/secret", "main", ALL);

        assertThat(fake.requests("/stored/"))
                .isNotEmpty()
                .allSatisfy(
                        request -> assertThat(request.header("Authorization")).contains("Bearer " + TOKEN));
    }

    @Test
    void withoutATokenNoneIsSent() {
        fake.model("org/open").small("config.json", "{}");

        hub(Optional.empty()).resolve("org/open", "main", FilesNeeded.of("config.json"));

        assertThat(fake.requests())
                .noneMatch(request -> request.header("Authorization").isPresent());
    }

    @Test
    void aPrivateModelSaysHowToSetTheToken() {
        secret();

        assertThatThrownBy(() -> hub(Optional.empty()).resolve("org/secret"))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("'org/secret' (status 401)")
                .hasMessageContaining("private or gated, or there is no such model")
                .hasMessageContaining("set HF_TOKEN")
                .hasMessageContaining("No token was sent");
    }

    @Test
    void aGatedModelSaysWhereToAcceptItsTerms() {
        secret().gated();

        assertThatThrownBy(() -> hub(Optional.empty()).resolve("org/secret"))
                .hasMessageContaining("is gated (status 401)")
                .hasMessageContaining("Accept them at " + fake.endpoint() + "/org/secret")
                .hasMessageContaining("set HF_TOKEN");
    }

    @Test
    void aTokenThatIsntEnoughIsNotShownEvenIfTheHubShowsIt() {
        secret().gated();

        assertThatThrownBy(() -> hub(Optional.of("hf_wrongtoken")).resolve("org/secret"))
                .hasMessageContaining("is gated (status 403)")
                .hasMessageContaining("check that the token in use")
                .hasMessageContaining("you sent Bearer ***")
                .hasMessageNotContaining("hf_wrongtoken");
    }

    @Test
    void aModelThatDoesntExistIsNamed() {
        assertThatThrownBy(() -> hub(Optional.of(TOKEN)).resolve("org/misspelt"))
                .hasMessageContaining("There is no model 'org/misspelt' at " + fake.endpoint())
                .hasMessageContaining("spelling");
    }

    @Test
    void aRevisionThatDoesntExistIsNamed() {
        fake.model("org/open").small("config.json", "{}");

        assertThatThrownBy(() -> hub(Optional.empty()).resolve("org/open", "v9"))
                .hasMessageContaining("'org/open'")
                .hasMessageContaining("has no revision 'v9'")
                .hasMessageContaining("take 'main'");
    }

    @Test
    void aFileThatTheHubDoesntFindIsNamed() {
        fake.model("org/open").small("config.json", "{}");
        fake.onHub("HEAD ", FakeReply.status(404, "X-Error-Code", "EntryNotFound"));

        assertThatThrownBy(() -> hub(Optional.empty()).resolve("org/open", "main", FilesNeeded.of("config.json")))
                .hasMessageContaining("'org/open' has no file 'config.json' at revision '");
    }

    @Test
    void aFileThatTheListingLacksIsNamed() {
        fake.model("org/open").small("config.json", "{}");

        assertThatThrownBy(() -> hub(Optional.empty()).resolve("org/open", "main", FilesNeeded.of("vocab.txt")))
                .hasMessageContaining("lacks vocab.txt. It has: config.json");
    }

    @Test
    void anEndlessRedirectEnds() {
        fake.model("org/open").small("config.json", "{}");
        FakeReply[] circle = new FakeReply[20];
        Arrays.fill(circle, FakeReply.status(302, "Location", "/api/models/org/open/revision/main"));
        fake.onHub("/api/models", circle);

        assertThatThrownBy(() -> hub(Optional.empty()).resolve("org/open")).hasMessageContaining("more than 10 times");
    }

    @Test
    void aRedirectToSomethingElseThanTheWebIsRefused() {
        fake.onHub("/api/models", FakeReply.status(302, "Location", "file:///etc/passwd"), FakeReply.status(302));

        assertThatThrownBy(() -> hub(Optional.empty()).resolve("org/open")).hasMessageContaining("'file://");
        assertThatThrownBy(() -> hub(Optional.empty()).resolve("org/open"))
                .hasMessageContaining("to nowhere: expected an address");
    }
}
