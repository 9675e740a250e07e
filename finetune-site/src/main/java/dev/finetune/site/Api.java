package dev.finetune.site;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/**
 * The public types of the modules, and their Javadoc.
 *
 * @param sources the modules' source folders
 * @param packages those that are exported to everybody
 * @param types the address of each public type's page below {@link #FOLDER}, by its simple name, where only one has that name
 */
record Api(List<Path> sources, List<String> packages, Map<String, String> types) {
    static final String FOLDER = "api";

    /** No module can require Spark's jars, so that this one has no module-info; it is described where Spark is on the class path. */
    private static final String SPARK = "finetune-spark";

    private static final Pattern EXPORTS = Pattern.compile("(?m)^\\s*exports ([\\w.]+);");
    private static final Pattern TYPE =
            Pattern.compile("(?m)^public (?:[a-z-]+ )*?(?:class|interface|record|enum) (\\w+)");
    /** A type, and perhaps one of its methods. */
    private static final Pattern NAME = Pattern.compile("([A-Z]\\w+)(?:[.(].*)?");

    static Api of(Path project) throws IOException {
        final List<Path> sources = new ArrayList<>();
        final List<String> packages = new ArrayList<>();
        try (Stream<Path> modules = Files.list(project)) {
            for (Path module : modules.sorted().toList()) {
                final Path source = module.resolve("src/main/java");
                final Path info = source.resolve("module-info.java");
                if (Files.exists(info)) {
                    sources.add(source);
                    EXPORTS.matcher(Files.readString(info))
                            .results()
                            .map(found -> found.group(1))
                            .forEach(packages::add);
                } else if (module.getFileName().toString().equals(SPARK) && hasSpark()) {
                    sources.add(source);
                    packages.add("dev.finetune.spark");
                }
            }
        }
        return new Api(sources, packages, types(sources, packages));
    }

    private static boolean hasSpark() {
        return Api.class.getResource("/org/apache/spark/sql/Dataset.class") != null;
    }

    private static Map<String, String> types(List<Path> sources, List<String> packages) throws IOException {
        final Map<String, String> types = new HashMap<>();
        for (Path file : files(sources, packages)) {
            final Matcher type = TYPE.matcher(Files.readString(file));
            if (type.find()) {
                final String name = type.group(1);
                types.merge(name, FOLDER + "/" + page(sources, file), (one, other) -> "");
            }
        }
        return types;
    }

    private static String page(List<Path> sources, Path file) {
        final Path source =
                sources.stream().filter(file::startsWith).findFirst().orElseThrow();
        return source.relativize(file).toString().replace('\\', '/').replaceFirst("java$", "html");
    }

    /** The source files of the packages, each by itself: with whole folders, javadoc would look at modules. */
    private static List<Path> files(List<Path> sources, List<String> packages) throws IOException {
        final List<Path> files = new ArrayList<>();
        for (Path source : sources) {
            for (String name : packages) {
                final Path folder = source.resolve(name.replace('.', '/'));
                if (Files.isDirectory(folder)) {
                    try (Stream<Path> found = Files.list(folder)) {
                        found.filter(Files::isRegularFile).sorted().forEach(files::add);
                    }
                }
            }
        }
        return files;
    }

    /**
     * {@return where a name is described, or an empty string}
     *
     * @param code such as {@code FineTuner} or {@code Heads.tokens()}
     */
    String address(String code) {
        final Matcher name = NAME.matcher(code);
        return name.matches() ? types.getOrDefault(name.group(1), "") : "";
    }

    /** Writes the Javadoc, in which nothing refers to the network. */
    void write(Path directory) throws IOException {
        final List<String> arguments = new ArrayList<>(List.of(
                "-d",
                directory.toString(),
                "-classpath",
                System.getProperty("java.class.path"),
                "-encoding",
                "UTF-8",
                "-quiet",
                "-notimestamp",
                "-Xdoclint:none",
                "-windowtitle",
                "Finetune",
                "-doctitle",
                "Finetune"));
        files(sources, packages).stream().map(Path::toString).forEach(arguments::add);
        final StringWriter said = new StringWriter();
        final int status = ToolProvider.findFirst("javadoc")
                .orElseThrow(() -> new IOException("there is no javadoc; a JDK has it"))
                .run(new PrintWriter(said), new PrintWriter(said), arguments.toArray(String[]::new));
        if (status != 0) {
            throw new IOException("javadoc failed: " + said);
        }
    }
}
