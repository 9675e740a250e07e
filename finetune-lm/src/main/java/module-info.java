import dev.finetune.lm.decoder.GemmaFamily;
import dev.finetune.lm.decoder.Gpt2Family;
import dev.finetune.lm.decoder.LlamaFamily;
import dev.finetune.lm.seq2seq.BartFamily;
import dev.finetune.lm.seq2seq.T5Family;
import dev.finetune.spi.LanguageModelFamily;

/** Language models that write: GPT-2, Llama, Mistral, Qwen, Gemma, T5 and BART, and what they learn from. */
module dev.finetune.lm {
    requires transitive dev.finetune.bert;
    requires transitive dev.finetune.core;
    requires org.slf4j;

    exports dev.finetune.lm;
    exports dev.finetune.lm.decoder;
    exports dev.finetune.lm.generate;
    exports dev.finetune.lm.head;
    exports dev.finetune.lm.input;
    exports dev.finetune.lm.seq2seq;

    provides LanguageModelFamily with
            Gpt2Family,
            LlamaFamily,
            GemmaFamily,
            T5Family,
            BartFamily;
}
