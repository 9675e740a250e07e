package dev.finetune.nn;

import java.util.List;

/** A part of a network that holds parameters. Closing a network closes them. */
public interface Module {
    /** {@return its own parameters and those of its parts, in the order in which data meets them} */
    List<Parameter> parameters();

    /** {@return its own buffers and those of its parts; none by default} */
    default List<Buffer> buffers() {
        return List.of();
    }

    /**
     * {@return the parameters of several parts, in order}
     *
     * @param parts of a network
     */
    static List<Parameter> parametersOf(List<? extends Module> parts) {
        return parts.stream().flatMap(part -> part.parameters().stream()).toList();
    }

    /**
     * {@return the buffers of several parts, in order}
     *
     * @param parts of a network
     */
    static List<Buffer> buffersOf(List<? extends Module> parts) {
        return parts.stream().flatMap(part -> part.buffers().stream()).toList();
    }
}
