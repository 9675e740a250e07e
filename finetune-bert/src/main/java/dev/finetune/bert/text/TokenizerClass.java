package dev.finetune.bert.text;

import java.util.List;
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
    /** What tokenizer.json says, and nothing else. */
    AS_WRITTEN("", ""),
    /** One that this library knows nothing of, or none. */
    OTHER("", "");

    /** Those that Transformers takes as written whatever class is named. */
    private static final Set<String> TYPES_AS_WRITTEN = Set.of("modernbert", "modernbert-decoder");

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

    private final String opening;
    private final String closing;

    TokenizerClass(String opening, String closing) {
        this.opening = opening;
        this.closing = closing;
    }

    /** The one of a directory. */
    static TokenizerClass of(TokenizerFiles files) {
        final String type = files.modelType().orElse("");
        return TYPES_AS_WRITTEN.contains(type)
                ? AS_WRITTEN
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
            case "XLMRobertaTokenizer", "CamembertTokenizer" -> XLM_ROBERTA;
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
            case "xlm-roberta", "camembert" -> XLM_ROBERTA;
            default -> OTHER;
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
            case MPNET, ROBERTA, XLM_ROBERTA, ALBERT, AS_WRITTEN -> false;
        };
    }
}
