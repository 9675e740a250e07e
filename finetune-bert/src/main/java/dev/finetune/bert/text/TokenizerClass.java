package dev.finetune.bert.text;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The tokenizers of Transformers, as AutoTokenizer chooses among them: by {@code tokenizer_class}, or else by the model's type.
 * Which it is decides what the settings beside a tokenizer.json mean, and what they mean where they aren't said.
 */
enum TokenizerClass {
    /** WordPiece of a vocabulary, with BERT's normalizer; what a tokenizer.json says of that doesn't count. */
    BERT("cls_token", "sep_token"),
    /** As BERT's, with other special tokens. */
    MPNET("cls_token", "sep_token"),
    /** Byte-level BPE of a vocabulary. */
    ROBERTA("cls_token", "sep_token"),
    /** Pieces, with steps that do_lower_case and keep_accents say. */
    ALBERT("cls_token", "sep_token"),
    /** Pieces, with steps that do_lower_case and split_by_punct say. */
    DEBERTA("cls_token", "sep_token"),
    /** Pieces; texts stand between the tokens that open and close what is written. */
    XLM_ROBERTA("bos_token", "eos_token"),
    /** As XLM-RoBERTa's, with the unknown token wherever it is. */
    CAMEMBERT("bos_token", "eos_token"),
    /** Pieces, with a token that closes a text. */
    T5("", ""),
    /** BPE of pieces that hold blanks, with bytes for what has no piece. */
    LLAMA("", ""),
    /** As Llama's, with settings of its own. */
    CODE_LLAMA("", ""),
    /** As Llama's, where blanks become parts of pieces before a text is split. */
    GEMMA("", ""),
    /** Byte-level BPE, with its own rule of where texts are split. */
    GPT2("", ""),
    /** Byte-level BPE, with another such rule, of normalized texts. */
    QWEN2("", ""),
    /** What tokenizer.json says, and nothing else. */
    AS_WRITTEN("", ""),
    /** One that this library knows nothing of, or none. */
    OTHER("", "");

    /** The types of models for which Transformers takes tokenizer.json as written whatever class is named. */
    private static final Set<String> TYPES_AS_WRITTEN = Set.of("modernbert", "modernbert-decoder", "mistral");

    /** Those that make of a vocabulary what BertTokenizer makes of it. */
    private static final Set<String> WORD_PIECE = Set.of(
            "BertTokenizer",
            "DistilBertTokenizer",
            "ElectraTokenizer",
            "ConvBertTokenizer",
            "MobileBertTokenizer",
            "SqueezeBertTokenizer",
            "LayoutLMTokenizer",
            "LxmertTokenizer",
            "DPRQuestionEncoderTokenizer",
            "DPRContextEncoderTokenizer");

    /** Those that make of a vocabulary and merges what RobertaTokenizer makes of them. */
    private static final Set<String> BYTE_LEVEL =
            Set.of("RobertaTokenizer", "LongformerTokenizer", "BartTokenizer", "LEDTokenizer", "MvpTokenizer");

    /** The type of models whose own tokenizer Transformers takes whatever class is named, since many name another. */
    private static final String OWN_ALWAYS = "qwen2";

    private final String opening;
    private final String closing;

    TokenizerClass(String opening, String closing) {
        this.opening = opening;
        this.closing = closing;
    }

    /** The one of a directory. */
    static TokenizerClass of(TokenizerFiles files) {
        final String type = files.modelType().orElse("");
        if (TYPES_AS_WRITTEN.contains(type)) {
            return AS_WRITTEN;
        }
        return type.equals(OWN_ALWAYS)
                ? QWEN2
                : files.tokenizerClass().map(TokenizerClass::named).orElseGet(() -> ofModel(type));
    }

    /** The one that a class in Transformers is, by its name without "Fast". */
    static TokenizerClass named(String name) {
        if (WORD_PIECE.contains(name)) {
            return BERT;
        }
        if (BYTE_LEVEL.contains(name)) {
            return ROBERTA;
        }
        if (name.startsWith("PreTrainedTokenizer") || name.equals("TokenizersBackend")) {
            return AS_WRITTEN;
        }
        return switch (name) {
            case "MPNetTokenizer" -> MPNET;
            case "AlbertTokenizer" -> ALBERT;
            case "DebertaV2Tokenizer" -> DEBERTA;
            case "XLMRobertaTokenizer" -> XLM_ROBERTA;
            case "CamembertTokenizer" -> CAMEMBERT;
            case "T5Tokenizer" -> T5;
            case "LlamaTokenizer" -> LLAMA;
            case "CodeLlamaTokenizer" -> CODE_LLAMA;
            case "GemmaTokenizer" -> GEMMA;
            case "GPT2Tokenizer" -> GPT2;
            case "Qwen2Tokenizer" -> QWEN2;
            default -> OTHER;
        };
    }

    private static TokenizerClass ofModel(String type) {
        return switch (type) {
            case "bert", "distilbert", "electra" -> BERT;
            case "mpnet" -> MPNET;
            case "roberta", "bart" -> ROBERTA;
            case "albert" -> ALBERT;
            case "deberta-v2" -> DEBERTA;
            case "xlm-roberta" -> XLM_ROBERTA;
            case "camembert" -> CAMEMBERT;
            case "t5" -> T5;
            case "gemma", "gemma2", "gemma3_text" -> GEMMA;
            case "gpt2" -> GPT2;
            case "qwen3" -> QWEN2;
            case "llama" -> AS_WRITTEN;
            default -> OTHER;
        };
    }

    /** What Transformers calls those whose steps it makes anew for tokenizers of several models. */
    Optional<String> ownName() {
        return switch (this) {
            case ALBERT -> Optional.of("AlbertTokenizer");
            case DEBERTA -> Optional.of("DebertaV2Tokenizer");
            case XLM_ROBERTA -> Optional.of("XLMRobertaTokenizer");
            case CAMEMBERT -> Optional.of("CamembertTokenizer");
            case T5 -> Optional.of("T5Tokenizer");
            case GEMMA -> Optional.of("GemmaTokenizer");
            case GPT2 -> Optional.of("GPT2Tokenizer");
            case QWEN2 -> Optional.of("Qwen2Tokenizer");
            default -> Optional.empty();
        };
    }

    /** The token that begins a text, unless settings name another. */
    Optional<String> beginning() {
        return switch (this) {
            case DEBERTA, ALBERT -> Optional.of("[CLS]");
            case ROBERTA, XLM_ROBERTA, CAMEMBERT, LLAMA, CODE_LLAMA -> Optional.of("<s>");
            case GEMMA -> Optional.of("<bos>");
            case GPT2 -> Optional.of("<|endoftext|>");
            default -> Optional.empty();
        };
    }

    /** The token that ends a text, unless settings name another. */
    Optional<String> ending() {
        return switch (this) {
            case DEBERTA, ALBERT -> Optional.of("[SEP]");
            case ROBERTA, XLM_ROBERTA, CAMEMBERT, T5, LLAMA, CODE_LLAMA -> Optional.of("</s>");
            case GEMMA -> Optional.of("<eos>");
            case GPT2, QWEN2 -> Optional.of("<|endoftext|>");
            default -> Optional.empty();
        };
    }

    /** Whether it is WordPiece with BERT's normalizer. */
    boolean isWordPiece() {
        return this == BERT || this == MPNET;
    }

    /** The settings that name the tokens around a text: none where tokenizer.json says which they are. */
    List<String> around() {
        return opening.isEmpty() ? List.of() : List.of(opening, closing);
    }

    /** Whether it tells a network which text of a pair a token belongs to. */
    boolean givesTokenTypes() {
        return switch (this) {
            case BERT, DEBERTA, OTHER -> true;
            case MPNET,
                    ROBERTA,
                    XLM_ROBERTA,
                    CAMEMBERT,
                    ALBERT,
                    T5,
                    LLAMA,
                    CODE_LLAMA,
                    GEMMA,
                    GPT2,
                    QWEN2,
                    AS_WRITTEN -> false;
        };
    }
}
