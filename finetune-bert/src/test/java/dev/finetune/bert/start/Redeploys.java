package dev.finetune.bert.start;

import java.io.File;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A host that gives each application a class loader of its own, as servers do. */
final class Redeploys {
    private Redeploys() {}

    /** Runs what the argument says: "two" applications, or one that is "dropped". */
    public static void main(String[] args) throws ReflectiveOperationException, IOException, InterruptedException {
        System.out.println("first application");
        final WeakReference<ClassLoader> first = new WeakReference<>(deploy());
        if (System.getProperty("redeploys.mode").equals("two")) {
            System.out.println("second application");
            deploy();
        } else {
            for (int i = 0; i < 50 && first.get() != null; i++) {
                System.gc();
                Thread.sleep(100);
            }
            System.out.println(first.get() == null ? "collected" : "not collected");
            Thread.getAllStackTraces()
                    .keySet()
                    .forEach(t -> System.out.println("thread " + t + " " + t.getContextClassLoader()));
        }
    }

    private static ClassLoader deploy() throws ReflectiveOperationException, IOException {
        final List<URL> urls = new ArrayList<>();
        for (String entry : System.getProperty("redeploys.classPath").split(File.pathSeparator)) {
            urls.add(Path.of(entry).toUri().toURL());
        }
        final URLClassLoader loader =
                new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
        final var main = loader.loadClass("dev.finetune.bert.start.FirstUse").getDeclaredMethod("main", String[].class);
        main.setAccessible(true);
        main.invoke(null, (Object) new String[0]);
        return loader;
    }
}
