package dev.finetune.internal.torch;

/** Loads LibTorch once, with the settings that it must see before its first class loads. */
public final class Natives {
    private Natives() {}

    static {
        // maxphysicalbytes counts the whole process and kills valid programs under a small heap.
        System.setProperty("org.bytedeco.javacpp.maxphysicalbytes", "0");
        org.bytedeco.pytorch.global.torch.get_num_threads();
    }

    /** Makes sure that LibTorch is loaded; cheap after the first call. */
    public static void load() {}
}
