package dev.finetune.html;

import java.util.Optional;

/** The last line of a page. */
final class MadeBy {
    private MadeBy() {}

    /** Which version made it, for what that began when. */
    static String of(Optional<String> library, String what, String started) {
        return "Made by Finetune" + library.map(version -> " " + version).orElse("") + " for the " + what
                + " that began at " + started + ".";
    }
}
