package dev.finetune.internal.natives;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/**
 * What a process was told by its properties and its environment; blank counts as not told.
 *
 * @param properties Java's system properties
 * @param environment the environment's variables
 */
record Surroundings(Properties properties, Map<String, String> environment) {
    static Surroundings here() {
        return new Surroundings(System.getProperties(), System.getenv());
    }

    Optional<String> property(String name) {
        return Optional.ofNullable(properties.getProperty(name)).filter(text -> !text.isBlank());
    }

    Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name)).filter(text -> !text.isBlank());
    }

    /** The path that a variable holds, unless it is relative, which XDG's specification has ignored. */
    Optional<Path> absoluteVariable(String name) {
        return variable(name).flatMap(Surroundings::absolute);
    }

    /** The user's home, if there is one: a user without a name has "?". */
    Optional<Path> home() {
        return property("user.home").flatMap(Surroundings::absolute);
    }

    boolean isWindows() {
        return system().startsWith("Windows");
    }

    boolean isMac() {
        return system().startsWith("Mac");
    }

    private String system() {
        return property("os.name").orElse("");
    }

    private static Optional<Path> absolute(String text) {
        return Optional.of(Path.of(text)).filter(Path::isAbsolute);
    }
}
