package dev.finetune.spark;

import dev.finetune.error.FinetuneException;
import java.io.Serializable;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where an executor finds a model.
 *
 * @param directory as the driver sees it
 * @param fingerprint what the driver found there
 * @param shipped what Spark sends, or null where executors read the directory itself
 */
record ModelFiles(
        String directory, String fingerprint, @Nullable ShippedFiles shipped) implements Serializable {
    /** The directory on this machine. */
    Path here() {
        if (shipped != null) {
            return shipped.unpacked(fingerprint);
        }
        final Path here = Path.of(directory);
        if (!Files.isDirectory(here)) {
            throw new FinetuneException("The executor on " + host() + " sees no directory " + here
                    + ", which the driver loaded the model from: put it on a path that all of them see, or say"
                    + " shipped(), so that Spark sends the files.");
        }
        if (!Fingerprint.of(here).equals(fingerprint)) {
            throw new FinetuneException("The model in " + here + " on " + host()
                    + " isn't the one that the driver loaded from there: load it again after it was saved anew, and have"
                    + " the same files on all machines.");
        }
        return here;
    }

    static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "a host without a name";
        }
    }
}
