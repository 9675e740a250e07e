import dev.finetune.bert.AlbertFamily;
import dev.finetune.bert.BertFamily;
import dev.finetune.bert.DebertaV2Family;
import dev.finetune.bert.DistilBertFamily;
import dev.finetune.bert.ElectraFamily;
import dev.finetune.bert.JarModels;
import dev.finetune.bert.ModernBertFamily;
import dev.finetune.bert.MpNetFamily;
import dev.finetune.bert.RobertaFamily;
import dev.finetune.spi.PretrainedModels;
import dev.finetune.spi.TextModelFamily;

/**
 * BERT, DistilBERT, RoBERTa, XLM-RoBERTa, CamemBERT, ELECTRA, MPNet, ALBERT, ModernBERT and DeBERTa-v2 encoders and
 * their tasks.
 */
module dev.finetune.bert {
    requires ai.djl.tokenizers;
    requires transitive dev.finetune.core;
    requires org.slf4j;

    exports dev.finetune.bert;
    exports dev.finetune.bert.augment;
    exports dev.finetune.bert.heads;
    exports dev.finetune.bert.task;
    exports dev.finetune.bert.text;

    provides PretrainedModels with
            JarModels;
    provides TextModelFamily with
            BertFamily,
            DistilBertFamily,
            RobertaFamily,
            ElectraFamily,
            MpNetFamily,
            AlbertFamily,
            ModernBertFamily,
            DebertaV2Family;
}
