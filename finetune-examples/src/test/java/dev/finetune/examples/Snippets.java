package dev.finetune.examples;

import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * The Java blocks of documents as classes. A block becomes the body of a {@link Snippet}, unless it holds a whole class;
 * every model id becomes the stand-in's directory, and every path lies in the stand-ins' folder.
 *
 * @param classes where the compiled classes are
 * @param names the class of each block that can be run, by a name that says where the block stands
 * @param tests the names of the blocks that are whole classes of JUnit's tests
 * @param findings what the compiler had to say against the blocks
 */
record Snippets(Path classes, Map<String, String> names, List<String> tests, List<String> findings) {
    private static final List<String> IMPORTS = List.of(
            "dev.finetune.*",
            "dev.finetune.bert.augment.*",
            "dev.finetune.checkpoint.*",
            "dev.finetune.contrastive.*",
            "dev.finetune.data.*",
            "dev.finetune.distributed.*",
            "dev.finetune.explain.*",
            "dev.finetune.freeze.*",
            "dev.finetune.generate.*",
            "dev.finetune.head.*",
            "dev.finetune.hub.*",
            "dev.finetune.lm.*",
            "dev.finetune.lm.input.*",
            "dev.finetune.live.*",
            "dev.finetune.metrics.*",
            "dev.finetune.peft.*",
            "dev.finetune.preference.*",
            "dev.finetune.record.*",
            "dev.finetune.report.*",
            "dev.finetune.search.*",
            "dev.finetune.trackers.*",
            "dev.finetune.train.*",
            "dev.finetune.vision.*",
            "dev.finetune.vision.image.*",
            "java.net.*",
            "java.nio.charset.*",
            "java.nio.file.*",
            "java.time.*",
            "java.util.*",
            "java.util.stream.*");
    /** What blocks that are files which other tests compile and run begin with, and the folders in which these lie. */
    static final Map<String, Path> QUOTED = Map.of(
            "package com.example.stars;", Path.of("src/test/resources/deployment/stars"),
            "package com.example.loha;", Path.of("../finetune-bert/src/test/java"),
            "package com.example.levels;", Path.of("../finetune-bert/src/test/java"));

    /** Documents whose blocks {@link OtherLanguagesTest} and finetune-spark compare with what is compiled there. */
    private static final Set<String> OF_OTHERS = Set.of("other-languages.md", "spark.md");

    private static final Pattern MODEL_ID = Pattern.compile("\"(bert-base-(un)?cased|google/[\\w-]+)\"");
    private static final Pattern LM_MODEL_ID = Pattern.compile("\"(gpt2|Qwen/[\\w.-]+)\"");
    private static final Pattern IMAGE_MODEL_ID = Pattern.compile("\"(microsoft|timm)/[\\w.-]+\"");

    static Snippets compile(List<Document> documents, Path classes) throws IOException {
        final Map<String, String> names = new TreeMap<>();
        final List<JavaFileObject> sources = new ArrayList<>();
        final List<String> tests = new ArrayList<>();
        for (Document document : documents) {
            for (Document.Block block : document.blocks("java")) {
                if (OF_OTHERS.contains(document.name())
                        || QUOTED.containsKey(block.lines().get(0))) {
                    continue;
                }
                final String place = document.name() + ":" + block.line();
                if (block.lines().get(0).startsWith("package ")) {
                    sources.add(new Source(classNameIn(block), place, padding(block) + text(block)));
                    if (block.lines().contains("    @Test")) {
                        tests.add(classNameIn(block));
                    }
                } else {
                    final String name = "Snippet" + sources.size();
                    sources.add(new Source("snippets." + name, place, wrapped(name, block)));
                    names.put(place + " " + block.heading(), "snippets." + name);
                }
            }
        }
        return new Snippets(classes, names, tests, findings(sources, classes));
    }

    private static List<String> findings(List<JavaFileObject> sources, Path classes) throws IOException {
        final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        final DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
        try (StandardJavaFileManager files =
                compiler.getStandardFileManager(found, Locale.ROOT, StandardCharsets.UTF_8)) {
            final List<String> options = List.of(
                    "-d",
                    classes.toString(),
                    "-classpath",
                    System.getProperty("java.class.path"),
                    "-proc:none",
                    "-Xlint:cast,deprecation,rawtypes,unchecked");
            compiler.getTask(null, files, found, options, null, sources).call();
        }
        return found.getDiagnostics().stream().map(Snippets::finding).toList();
    }

    private static String finding(Diagnostic<? extends JavaFileObject> found) {
        final String file = found.getSource() instanceof Source source ? source.place : "";
        return file + ", line " + found.getLineNumber() + ": " + found.getMessage(Locale.ROOT);
    }

    /** A block as a class whose lines have the numbers that they have in the document. */
    private static String wrapped(String name, Document.Block block) {
        final StringBuilder source = new StringBuilder("package snippets; ");
        IMPORTS.forEach(line -> source.append("import ").append(line).append("; "));
        source.append("public final class ").append(name).append(" extends dev.finetune.examples.Snippet { ");
        source.append("public ").append(name).append("(Path folder) { super(folder); } ");
        source.append("@Override public void run() throws Exception {").append(padding(block));
        final String code = text(block).replace("Path.of(", "folder.resolve(");
        final String written = LM_MODEL_ID.matcher(code).replaceAll("lmStandIn");
        final String texts = MODEL_ID.matcher(written).replaceAll("standIn");
        return source.append(IMAGE_MODEL_ID.matcher(texts).replaceAll("imageStandIn"))
                .append("}}")
                .toString();
    }

    private static String text(Document.Block block) {
        return String.join("\n", block.lines()) + "\n";
    }

    private static String padding(Document.Block block) {
        return "\n".repeat(block.line() - 1);
    }

    static String classNameIn(Document.Block block) {
        final String name = Pattern.compile("(?m)^(?:[a-z]+ )*(?:class|record) (\\w+)")
                .matcher(text(block))
                .results()
                .findFirst()
                .orElseThrow()
                .group(1);
        return block.lines().get(0).replaceAll("package |;", "") + "." + name;
    }

    /** Runs one of {@link #names}. */
    void run(String name, Path folder) throws Exception {
        try (URLClassLoader loader = loader()) {
            final Object snippet =
                    loader.loadClass(names.get(name)).getConstructor(Path.class).newInstance(folder);
            ((Snippet) snippet).run();
        }
    }

    /** Runs one of {@link #tests}, and tells how it went. */
    TestExecutionSummary runTest(String name) throws Exception {
        final SummaryGeneratingListener summary = new SummaryGeneratingListener();
        try (URLClassLoader loader = loader()) {
            LauncherFactory.create()
                    .execute(
                            LauncherDiscoveryRequestBuilder.request()
                                    .selectors(DiscoverySelectors.selectClass(loader.loadClass(name)))
                                    .build(),
                            summary);
        }
        return summary.getSummary();
    }

    private URLClassLoader loader() throws IOException {
        return new URLClassLoader(new URL[] {classes.toUri().toURL()}, Snippets.class.getClassLoader());
    }

    /** A class made from a block. */
    private static final class Source extends SimpleJavaFileObject {
        private final String place;
        private final String text;

        Source(String className, String place, String text) {
            super(URI.create("string:///" + className.replace('.', '/') + Kind.SOURCE.extension), Kind.SOURCE);
            this.place = place;
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
