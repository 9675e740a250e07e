package dev.finetune.bert.start;

import java.io.File;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** A host that gives each application a class loader of its own, as servers do. */
final class Redeploys {
    private Redeploys() {}

    /** Deploys an application twice: with the libraries in it, or, if the property says so, in what applications share. */
    public static void main(String[] args) throws ReflectiveOperationException, IOException, InterruptedException {
        final List<Path> all = Arrays.stream(
                        System.getProperty("redeploys.classPath").split(File.pathSeparator))
                .map(Path::of)
                .toList();
        final List<Path> application = Boolean.getBoolean("redeploys.shared")
                ? all.stream()
                        .filter(entry -> Files.exists(entry.resolve("dev/finetune/bert/start/FirstUse.class")))
                        .toList()
                : all;
        final ClassLoader host = new URLClassLoader(
                urls(all.stream().filter(entry -> !application.contains(entry)).toList()),
                ClassLoader.getPlatformClassLoader());
        for (String which : List.of("first", "second")) {
            System.out.println(which + " application");
            System.out.println(collected(run(application, host)) ? "collected" : "not collected");
        }
    }

    /** Runs an application on a thread of the host's, whose context class loader it is, and drops it. */
    private static WeakReference<ClassLoader> run(List<Path> application, ClassLoader host)
            throws ReflectiveOperationException, IOException {
        final Thread thread = Thread.currentThread();
        final ClassLoader before = thread.getContextClassLoader();
        final URLClassLoader loader = new URLClassLoader(urls(application), host);
        thread.setContextClassLoader(loader);
        try {
            final var main =
                    loader.loadClass("dev.finetune.bert.start.FirstUse").getDeclaredMethod("main", String[].class);
            main.setAccessible(true);
            main.invoke(null, (Object) new String[0]);
            return new WeakReference<>(loader);
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static boolean collected(WeakReference<ClassLoader> loader) throws InterruptedException {
        for (int i = 0; i < 20 && loader.get() != null && Boolean.getBoolean("redeploys.shared"); i++) {
            System.gc();
            Thread.sleep(50);
        }
        return loader.get() == null;
    }

    private static URL[] urls(List<Path> entries) throws IOException {
        final URL[] result = new URL[entries.size()];
        for (int i = 0; i < result.length; i++) {
            result[i] = entries.get(i).toUri().toURL();
        }
        return result;
    }
}
