package dev.finetune.internal.natives;

import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The jars of native libraries of one platform, as far as a class loader finds them.
 *
 * @param loader where they are looked for
 * @param platform as JavaCPP names it, such as "linux-x86_64"
 */
public record NativeJars(ClassLoader loader, String platform) {
    /** Those without which nothing works, each with a class of its Java part, which knows the version. */
    private static final List<Artifact> NEEDED = List.of(
            new Artifact("javacpp", "jnijavacpp", "org.bytedeco.javacpp.Pointer"),
            new Artifact("openblas", "jniopenblas", "org.bytedeco.openblas.presets.openblas"),
            new Artifact("pytorch", "jnitorch", "org.bytedeco.pytorch.presets.torch"));

    private record Artifact(String name, String library, String javaClass) {
        String coordinates(ClassLoader loader) {
            return "org.bytedeco:" + name + ":" + version(loader).orElse("<its version>");
        }

        private Optional<String> version(ClassLoader loader) {
            try {
                return Optional.ofNullable(
                        Class.forName(javaClass, false, loader).getPackage().getImplementationVersion());
            } catch (ClassNotFoundException e) {
                return Optional.empty();
            }
        }
    }

    private Optional<URL> find(String artifact, String directory, String library) {
        return ModulePath.find(
                loader, "org/bytedeco/" + artifact + "/" + directory + "/" + System.mapLibraryName(library));
    }

    private Optional<URL> find(Artifact artifact) {
        return find(artifact.name(), platform, artifact.library())
                .or(() -> find(artifact.name(), platform + "-gpu", artifact.library()));
    }

    /** What tells this class path's native libraries from others': where they are, their sizes and times. */
    public String identity() {
        final List<URL> found = new ArrayList<>();
        NEEDED.forEach(artifact -> find(artifact).ifPresent(found::add));
        find("pytorch", platform + "-gpu", "torch_cuda").ifPresent(found::add);
        for (String mkl : List.of("libmkl_rt.so.2", "mkl_rt.2.dll")) {
            ModulePath.find(loader, "org/bytedeco/mkl/" + platform + "/" + mkl).ifPresent(found::add);
        }
        return found.stream().map(NativeJars::identity).collect(Collectors.joining("\n"));
    }

    /** What tells a file on the class path from one that another class path, or another time, has in its place. */
    public static String identity(URL url) {
        try {
            final URLConnection connection = url.openConnection();
            if (connection instanceof JarURLConnection jar) {
                return url + " " + jar.getJarEntry().getSize() + " "
                        + jar.getJarEntry().getTime();
            }
        } catch (IOException e) {
            return url + " " + e.getMessage();
        }
        return url.toString();
    }

    /** What to add to a build, where something lacks or is another platform's. */
    public String advice() {
        final List<Artifact> missing =
                NEEDED.stream().filter(artifact -> find(artifact).isEmpty()).toList();
        final String named = (missing.isEmpty() ? NEEDED : missing)
                .stream()
                        .map(artifact -> artifact.coordinates(loader) + ":" + platform)
                        .collect(Collectors.joining(", "));
        return (missing.isEmpty()
                        ? "They come as these classified jars of org.bytedeco: "
                        : "These jars of native libraries are not on the class path: ")
                + named + ". Gradle: " + gradle(missing.isEmpty() ? NEEDED : missing)
                + ". Maven: a <dependency> for each with <classifier>" + platform
                + "</classifier> and <scope>runtime</scope>; it takes them by itself with finetune-core when it builds on this"
                + " platform. Linux x86-64, Windows x86-64 and macOS arm64 have them.";
    }

    private String gradle(List<Artifact> artifacts) {
        return artifacts.stream()
                .map(artifact -> "runtimeOnly(\"" + artifact.coordinates(loader) + ":" + platform + "\")")
                .collect(Collectors.joining(" "));
    }
}
