package dev.finetune.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plots, and what is told where they can't be drawn. */
class PlotTest {
    @TempDir
    private Path folder;

    private static URL[] classPathWithoutXChart() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !Path.of(entry).getFileName().toString().startsWith("xchart"))
                .map(entry -> {
                    try {
                        return Path.of(entry).toUri().toURL();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                })
                .toArray(URL[]::new);
    }

    @Test
    void withoutXChartItIsSaidWhichDependencyToAddAndNoFileIsLeft() throws Exception {
        final Path file = folder.resolve("plot.png");
        try (URLClassLoader without =
                new URLClassLoader(classPathWithoutXChart(), ClassLoader.getPlatformClassLoader())) {
            final Class<?> plot = without.loadClass(Plot.class.getName());
            final Method write = plot.getMethod("writePng", Path.class, int.class, List.class);
            assertThatThrownBy(() -> write.invoke(null, file, 1, List.of()))
                    .isInstanceOf(InvocationTargetException.class)
                    .cause()
                    .hasMessageContainingAll("plot.png", "org.knowm.xchart:xchart", "CSV");
        }
        assertThat(file).doesNotExist();
    }
}
