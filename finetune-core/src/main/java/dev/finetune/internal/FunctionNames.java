package dev.finetune.internal;

/** What Java calls functions without a name: otherwise in each run. */
public final class FunctionNames {
    private FunctionNames() {}

    /** A text with "a function" in their place. */
    public static String hide(String text) {
        return text.contains("$$Lambda")
                ? text.replaceAll("(?<![\\w.$])[\\w.$]*\\$\\$Lambda[\\w.$/]*@\\w+", "a function")
                : text;
    }
}
