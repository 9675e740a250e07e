package dev.finetune.internal;

import java.util.List;

/** Names in a message. */
public final class Listed {
    private static final int SHOWN = 4;

    private Listed() {}

    /** Some of many names, and how many more there are. */
    public static String few(List<String> names) {
        final String shown = String.join(", ", names.subList(0, Math.min(SHOWN, names.size())));
        return names.size() <= SHOWN ? shown : shown + " and " + (names.size() - SHOWN) + " more";
    }
}
