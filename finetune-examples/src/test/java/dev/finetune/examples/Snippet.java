package dev.finetune.examples;

import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.data.TextFiles;
import java.nio.file.Path;

/** What a snippet of the documents becomes: the body of {@link #run}, with what it takes for granted as fields. */
public abstract class Snippet {
    /** Stands in for the working directory. */
    protected final Path folder;

    /** Stands in for every id of a model that reads texts. */
    protected final String standIn;

    /** Stands in for every id of a model that reads pictures. */
    protected final String imageStandIn;

    /** Stands in for every id of a model that writes. */
    protected final String lmStandIn;

    /** What "train" means where a snippet doesn't say. */
    protected final Dataset<Text> train;

    /** What "validation" means where a snippet doesn't say. */
    protected final Dataset<Text> validation;

    /** A snippet in a folder that {@link StandIns} filled. */
    protected Snippet(Path folder) {
        this.folder = folder;
        this.standIn = StandIns.base(folder).toString();
        this.imageStandIn = StandIns.imageBase(folder).toString();
        this.lmStandIn = StandIns.lmBase(folder).toString();
        this.train = TextFiles.tsv(folder.resolve("train.tsv")).classification();
        this.validation = TextFiles.tsv(folder.resolve("validation.tsv")).classification();
    }

    /** Does what the document says. */
    public abstract void run() throws Exception;
}
