package dev.finetune.examples.deployment;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import org.apache.maven.plugin.MojoExecutionException;
import org.apache.maven.plugins.shade.DefaultShader;
import org.apache.maven.plugins.shade.ShadeRequest;
import org.apache.maven.plugins.shade.relocation.Relocator;
import org.apache.maven.plugins.shade.resource.ManifestResourceTransformer;
import org.apache.maven.plugins.shade.resource.ReproducibleResourceTransformer;
import org.apache.maven.plugins.shade.resource.ResourceTransformer;
import org.apache.maven.plugins.shade.resource.ServicesResourceTransformer;
import org.springframework.boot.loader.tools.Library;
import org.springframework.boot.loader.tools.LibraryScope;
import org.springframework.boot.loader.tools.Repackager;

/** Builds jars that hold an application with all that it needs, by the code of the build tools' own plugins. */
final class FatJars {
    private FatJars() {}

    /** As Maven's Shade plugin does with its ServicesResourceTransformer. */
    static void shade(Path jar, String mainClass, List<Path> entries) throws IOException {
        shade(jar, mainClass, entries, List.of(new ServicesResourceTransformer()));
    }

    /** As Maven's Shade plugin does when it is told nothing: of files of the same name, the first stays. */
    static void shadeUnmerged(Path jar, String mainClass, List<Path> entries) throws IOException {
        shade(jar, mainClass, entries, List.of());
    }

    private static void shade(Path jar, String mainClass, List<Path> entries, List<ResourceTransformer> more)
            throws IOException {
        final ManifestResourceTransformer manifest = new ManifestResourceTransformer();
        manifest.setMainClass(mainClass);
        final List<Path> packed = packed(jar.resolveSibling("packed"), entries);
        final List<ResourceTransformer> transformers = new ArrayList<>(more);
        transformers.add(new UncompressedLibraries(packed));
        transformers.add(manifest);
        final Set<File> jars = new LinkedHashSet<>();
        packed.forEach(entry -> jars.add(entry.toFile()));
        final ShadeRequest request = new ShadeRequest();
        request.setJars(jars);
        request.setUberJar(jar.toFile());
        request.setFilters(List.of());
        request.setRelocators(List.of());
        request.setResourceTransformers(transformers);
        try {
            new DefaultShader().shade(request);
        } catch (MojoExecutionException e) {
            throw new IOException(e);
        }
    }

    /** As the goal "repackage" of Spring Boot's Maven plugin does: the jars as they are, inside a jar. */
    static void springBoot(Path jar, String mainClass, Path classes, List<Path> entries) throws IOException {
        final Path application = jar.resolveSibling("application.jar");
        pack(classes, application);
        final Repackager repackager = new Repackager(application.toFile());
        repackager.setMainClass(mainClass);
        final List<Path> jars = packed(jar.resolveSibling("packed"), entries);
        repackager.repackage(jar.toFile(), callback -> {
            for (Path library : jars) {
                callback.library(new Library(library.toFile(), LibraryScope.RUNTIME));
            }
        });
    }

    /** Directories of classes, which a build that has made no jars yet has on its class path, as jars. */
    private static List<Path> packed(Path folder, List<Path> entries) throws IOException {
        Files.createDirectories(folder);
        final List<Path> jars = new ArrayList<>();
        for (Path entry : entries) {
            if (Files.isDirectory(entry)) {
                final Path jar = folder.resolve("classes-" + jars.size() + ".jar");
                pack(entry, jar);
                jars.add(jar);
            } else {
                jars.add(entry);
            }
        }
        return jars;
    }

    private static void pack(Path directory, Path jar) throws IOException {
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file);
                Stream<Path> walk = Files.walk(directory)) {
            for (Path path : walk.filter(Files::isRegularFile).sorted().toList()) {
                out.putNextEntry(
                        new ZipEntry(directory.relativize(path).toString().replace(File.separatorChar, '/')));
                Files.copy(path, out);
                out.closeEntry();
            }
        }
    }

    /** Native libraries uncompressed: to deflate some hundred megabytes is most of the time that shading takes. */
    private record UncompressedLibraries(List<Path> entries) implements ReproducibleResourceTransformer {
        private static final Pattern LIBRARY = Pattern.compile(".*\\.(so|dll|dylib)(\\.[0-9.]+)?");

        @Override
        public boolean canTransformResource(String name) {
            return LIBRARY.matcher(name).matches();
        }

        @Override
        @SuppressWarnings("deprecation") // It is abstract all the same.
        public void processResource(String name, InputStream content, List<Relocator> relocators) {
            // Read again, at the end.
        }

        @Override
        public void processResource(String name, InputStream content, List<Relocator> relocators, long time) {
            // Read again, at the end.
        }

        @Override
        public boolean hasTransformedResource() {
            return true;
        }

        @Override
        public void modifyOutputStream(JarOutputStream out) throws IOException {
            out.setLevel(Deflater.NO_COMPRESSION);
            final Set<String> done = new HashSet<>();
            for (Path entry : entries) {
                copy(entry, done, out);
            }
            out.setLevel(Deflater.DEFAULT_COMPRESSION);
        }

        private void copy(Path entry, Set<String> done, JarOutputStream out) throws IOException {
            try (JarFile jar = new JarFile(entry.toFile())) {
                for (JarEntry library : Collections.list(jar.entries())) {
                    if (canTransformResource(library.getName()) && done.add(library.getName())) {
                        final ZipEntry same = new ZipEntry(library.getName());
                        same.setTime(library.getTime());
                        out.putNextEntry(same);
                        try (InputStream in = jar.getInputStream(library)) {
                            in.transferTo(out);
                        }
                        out.closeEntry();
                    }
                }
            }
        }
    }
}
