package dev.finetune.nn;

import java.util.List;

/** A part of a network that holds parameters. Closing a network closes them. */
public interface Module {
    /** Its own parameters and those of its parts, in the order in which data meets them. */
    List<Parameter> parameters();

    /** Its own buffers and those of its parts; none by default. */
    default List<Buffer> buffers() {
        return List.of();
    }

    /** The parameters of several parts, in order. */
    static List<Parameter> parametersOf(List<? extends Module> parts) {
        return parts.stream().flatMap(part -> part.parameters().stream()).toList();
    }

    /** The buffers of several parts, in order. */
    static List<Buffer> buffersOf(List<? extends Module> parts) {
        return parts.stream().flatMap(part -> part.buffers().stream()).toList();
    }
}
