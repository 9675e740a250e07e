package dev.finetune.nn;

import java.util.ArrayList;
import java.util.List;

/** A part of a network that holds parameters. Closing a network closes them. */
public interface Module {
    /** Its own parameters and those of its parts, in the order in which data meets them. */
    List<Parameter> parameters();

    /** The parameters of several parts, in order. */
    static List<Parameter> parametersOf(List<? extends Module> parts) {
        final List<Parameter> all = new ArrayList<>();
        for (Module part : parts) {
            all.addAll(part.parameters());
        }
        return all;
    }
}
