package dev.finetune.examples;

import com.sun.source.doctree.DocCommentTree;
import com.sun.source.doctree.DocTree;
import com.sun.source.doctree.ParamTree;
import com.sun.source.doctree.ThrowsTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExportsTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.Name;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * What the Javadoc of a module's exported packages lacks. As javac's doclint for {@code missing/protected}; but records and
 * classes in interfaces are looked at, too, and of compact constructors no parameters are wanted, which the record's
 * own comment describes.
 *
 * @param checked how many classes were looked at
 * @param missing what they lack, each with file, line and name
 */
record Documented(int checked, List<String> missing) {

    static Documented read(Path sources) throws IOException {
        final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files =
                        compiler.getStandardFileManager(null, Locale.ROOT, StandardCharsets.UTF_8);
                Stream<Path> found = Files.walk(sources)) {
            final List<Path> paths = found.filter(path -> path.toString().endsWith(".java"))
                    .sorted()
                    .toList();
            final JavacTask task = (JavacTask) compiler.getTask(
                    null, files, null, List.of("-proc:none"), null, files.getJavaFileObjectsFromPaths(paths));
            final List<CompilationUnitTree> units = new ArrayList<>();
            task.parse().forEach(units::add);
            final Set<String> exported = exported(units);
            final Scanner scanner = new Scanner(sources, DocTrees.instance(task));
            for (CompilationUnitTree unit : units) {
                if (unit.getPackageName() != null
                        && exported.contains(unit.getPackageName().toString())) {
                    scanner.scan(unit, null);
                }
            }
            return new Documented(scanner.checked, scanner.missing);
        }
    }

    private static Set<String> exported(List<CompilationUnitTree> units) {
        final Set<String> packages = new HashSet<>();
        for (CompilationUnitTree unit : units) {
            if (unit.getModule() != null) {
                unit.getModule().getDirectives().stream()
                        .filter(ExportsTree.class::isInstance)
                        .map(ExportsTree.class::cast)
                        .filter(exports -> exports.getModuleNames() == null)
                        .forEach(
                                exports -> packages.add(exports.getPackageName().toString()));
            }
        }
        return packages;
    }

    /** Visits what others can see. */
    private static final class Scanner extends TreePathScanner<Void, Void> {
        private final Path sources;
        private final DocTrees trees;
        private final List<String> missing = new ArrayList<>();
        private int checked;

        Scanner(Path sources, DocTrees trees) {
            this.sources = sources;
            this.trees = trees;
        }

        @Override
        public Void visitClass(ClassTree type, Void nothing) {
            if (isHidden(type.getModifiers())) {
                return null;
            }
            checked++;
            final List<String> names = new ArrayList<>();
            type.getTypeParameters().forEach(parameter -> names.add("<" + parameter.getName() + ">"));
            if (type.getKind() == Tree.Kind.RECORD) {
                type.getMembers().stream()
                        .filter(Scanner::isComponent)
                        .forEach(member ->
                                names.add(((VariableTree) member).getName().toString()));
            }
            check(type.getSimpleName(), names, List.of(), false);
            return super.visitClass(type, null);
        }

        /** Parsed records hold their components as fields that are neither static nor public. */
        private static boolean isComponent(Tree member) {
            return member instanceof VariableTree field
                    && !field.getModifiers().getFlags().contains(Modifier.STATIC);
        }

        @Override
        public Void visitMethod(MethodTree method, Void nothing) {
            final boolean overrides = method.getModifiers().getAnnotations().stream()
                    .anyMatch(annotation ->
                            annotation.getAnnotationType().toString().equals("Override"));
            if (isHidden(method.getModifiers()) || overrides) {
                return null;
            }
            final List<String> names = new ArrayList<>();
            method.getTypeParameters().forEach(parameter -> names.add("<" + parameter.getName() + ">"));
            if (!isCompact(method)) {
                method.getParameters()
                        .forEach(parameter -> names.add(parameter.getName().toString()));
            }
            final List<String> thrown =
                    method.getThrows().stream().map(Tree::toString).toList();
            final Tree result = method.getReturnType();
            check(
                    method.getName(),
                    names,
                    thrown,
                    result != null && !result.toString().equals("void"));
            return null;
        }

        /** A compact constructor has no list of parameters in the source; the parser gives it the record's. */
        private boolean isCompact(MethodTree method) {
            final ClassTree type = (ClassTree) getCurrentPath().getParentPath().getLeaf();
            return type.getKind() == Tree.Kind.RECORD
                    && method.getReturnType() == null
                    && method.getParameters().size()
                            == type.getMembers().stream()
                                    .filter(Scanner::isComponent)
                                    .count();
        }

        @Override
        public Void visitVariable(VariableTree field, Void nothing) {
            final ClassTree type = (ClassTree) getCurrentPath().getParentPath().getLeaf();
            if (!isHidden(field.getModifiers()) && !(type.getKind() == Tree.Kind.RECORD && isComponent(field))) {
                check(field.getName(), List.of(), List.of(), false);
            }
            return null;
        }

        private boolean isHidden(ModifiersTree modifiers) {
            final Tree parent = getCurrentPath().getParentPath().getLeaf();
            final Set<Modifier> flags = modifiers.getFlags();
            final boolean implied = parent.getKind() == Tree.Kind.INTERFACE && !flags.contains(Modifier.PRIVATE);
            return !implied && !flags.contains(Modifier.PUBLIC) && !flags.contains(Modifier.PROTECTED);
        }

        private void check(Name name, List<String> parameters, List<String> thrown, boolean gives) {
            final DocCommentTree comment = trees.getDocCommentTree(getCurrentPath());
            if (comment == null) {
                report(name, "no comment");
                return;
            }
            final Set<String> told = new HashSet<>();
            comment.getBlockTags().forEach(tag -> told.add(told(tag)));
            comment.getFullBody().forEach(part -> told.add(told(part)));
            parameters.stream()
                    .map(parameter -> "@param " + parameter)
                    .filter(wanted -> !told.contains(wanted))
                    .forEach(wanted -> report(name, wanted));
            if (gives && !told.contains("@return")) {
                report(name, "@return");
            }
            thrown.stream()
                    .map(exception -> "@throws " + exception)
                    .filter(wanted -> !told.contains(wanted))
                    .forEach(wanted -> report(name, wanted));
        }

        private static String told(DocTree tag) {
            return switch (tag.getKind()) {
                case PARAM -> {
                    final ParamTree param = (ParamTree) tag;
                    yield "@param " + (param.isTypeParameter() ? "<" + param.getName() + ">" : param.getName());
                }
                case RETURN -> "@return";
                case THROWS -> "@throws " + ((ThrowsTree) tag).getExceptionName();
                default -> "";
            };
        }

        private void report(Name name, String what) {
            final CompilationUnitTree unit = getCurrentPath().getCompilationUnit();
            final Tree leaf = getCurrentPath().getLeaf();
            final long line =
                    unit.getLineMap().getLineNumber(trees.getSourcePositions().getStartPosition(unit, leaf));
            final Path file = sources.relativize(Path.of(unit.getSourceFile().toUri()));
            missing.add(file.toString().replace('\\', '/') + ":" + line + " " + name + ": " + what);
        }
    }
}
