package dev.finetune.internal.natives;

import dev.finetune.error.FinetuneException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.net.JarURLConnection;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;

/**
 * The native libraries among the jars of the module path. They are modules that no other requires, as one that did would
 * be for a single platform; so the JVM leaves them out, and no class loader finds what is in them. This class looks on the
 * module path itself, and tells JavaCPP.
 */
public final class ModulePath {
    private static final Once<List<ModuleReference>> LEFT_OUT = new Once<>(ModulePath::leftOut);
    private static final Pattern LIBRARY = Pattern.compile("org/bytedeco/.*\\.(so|dll|dylib)(\\.[0-9.]+)?");

    private ModulePath() {}

    /** A resource of a native library that a class loader finds, or that the JVM has left out. */
    static Optional<URL> find(ClassLoader loader, String resource) {
        return Optional.ofNullable(loader.getResource(resource))
                .or(() -> LEFT_OUT.get().stream()
                        .flatMap(module -> find(module, resource).stream())
                        .findFirst());
    }

    /** Whether a class loader finds a resource of a native library, or the JVM has left it out. */
    public static boolean contains(ClassLoader loader, String resource) {
        return find(loader, resource).isPresent();
    }

    /**
     * Unpacks what the JVM has left out and has JavaCPP look there first: to the one directory where JavaCPP puts libraries
     * that it renames, as they find each other only side by side.
     *
     * @param cache JavaCPP's directory
     */
    public static void unpack(Path cache) {
        final Path directory = cache.resolve(Loader.getPlatform());
        final Set<String> done = new HashSet<>();
        for (ModuleReference module : LEFT_OUT.get()) {
            for (URI library : libraries(module)) {
                final String name =
                        library.toString().substring(library.toString().lastIndexOf('/') + 1);
                if (done.add(name)) {
                    unpack(library, directory.resolve(name));
                }
            }
        }
        if (!done.isEmpty()) {
            final Properties properties = Loader.loadProperties();
            final String before = properties.getProperty("platform.linkpath", "");
            properties.setProperty("platform.linkpath", directory + File.pathSeparator + before);
        }
    }

    /** Unless it is there already, with the size and the time that its jar says. */
    private static void unpack(URI library, Path file) {
        try {
            final URLConnection connection = url(library).openConnection();
            connection.setUseCaches(false);
            try (InputStream in = connection.getInputStream()) {
                final long time = connection instanceof JarURLConnection jar
                        ? jar.getJarEntry().getTime()
                        : connection.getLastModified();
                if (Files.exists(file)
                        && Files.size(file) == connection.getContentLengthLong()
                        && Files.getLastModifiedTime(file).toMillis() == time) {
                    return;
                }
                Files.createDirectories(file.getParent());
                final Path part = file.resolveSibling(file.getFileName() + ".part");
                Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
                Files.setLastModifiedTime(part, FileTime.fromMillis(time));
                Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new FinetuneException(
                    library + " can't be unpacked to " + file + " (" + PrivateDirectory.reason(e) + "). "
                            + NativeCache.HOW_TO_SET,
                    e);
        }
    }

    /** The GPU build comes first, as JavaCPP prefers it. */
    private static List<ModuleReference> leftOut() {
        final String path = System.getProperty("jdk.module.path", "");
        if (!ModulePath.class.getModule().isNamed() || path.isEmpty()) {
            return List.of();
        }
        final Path[] entries =
                Stream.of(path.split(File.pathSeparator)).map(Path::of).toArray(Path[]::new);
        final String platform = "." + Loader.getPlatform().replace('-', '.');
        return ModuleFinder.of(entries).findAll().stream()
                .filter(module -> isNative(module.descriptor().name(), platform))
                .filter(module -> ModuleLayer.boot()
                        .findModule(module.descriptor().name())
                        .isEmpty())
                .sorted(Comparator.comparing((ModuleReference module) ->
                                !module.descriptor().name().endsWith(".gpu"))
                        .thenComparing(module -> module.descriptor().name()))
                .toList();
    }

    private static boolean isNative(String module, String platform) {
        return module.startsWith("org.bytedeco.") && (module + ".").contains(platform + ".");
    }

    private static List<URI> libraries(ModuleReference module) {
        final List<URI> found = new ArrayList<>();
        try (ModuleReader reader = module.open();
                Stream<String> names = reader.list()) {
            for (String name : names.filter(LIBRARY.asMatchPredicate()).sorted().toList()) {
                reader.find(name).ifPresent(found::add);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(module.descriptor().name() + " could not be read", e);
        }
        return found;
    }

    private static Optional<URL> find(ModuleReference module, String resource) {
        try (ModuleReader reader = module.open()) {
            return reader.find(resource).map(ModulePath::url);
        } catch (IOException e) {
            throw new UncheckedIOException(module.descriptor().name() + " could not be read", e);
        }
    }

    private static URL url(URI uri) {
        try {
            return uri.toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException("the module path has " + uri + ", which is no URL", e);
        }
    }
}
