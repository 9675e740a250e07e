package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.finetune.FineTuner;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.Test;

/** What is found is what is used. */
class DoctorTest {
    @Test
    void familiesAreFoundWhereModelsAreWhateverTheThreadsClassLoader() throws IOException {
        final Thread thread = Thread.currentThread();
        final ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader other = new URLClassLoader(new URL[0], null)) {
            thread.setContextClassLoader(other);
            assertThat(FineTuner.doctor()).containsPattern("(?m)^model families: .*BERT.*ELECTRA");
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    @Test
    void aUserWithoutAHomeIsToldThatThereIsNoModelCacheAndWhatToSet() {
        final String home = System.getProperty("user.home");
        System.setProperty("user.home", "?");
        try {
            assumeTrue(Stream.of("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME")
                    .allMatch(name -> System.getenv(name) == null));
            assertThat(FineTuner.doctor()).containsPattern("(?m)^model cache: none: .*HF_HOME or HF_HUB_CACHE");
        } finally {
            System.setProperty("user.home", home);
        }
        assertThat(FineTuner.doctor()).doesNotContain("model cache: none");
    }

    @Test
    void theNativesCacheIsTheOneThatIsUsed() throws IOException {
        assertThat(FineTuner.doctor())
                .contains("unpacked to: " + Loader.getCacheDir().getAbsolutePath())
                .containsPattern("(?m)^natives' cache: .*only yours to write")
                .contains("JNA: loaded");
    }
}
