package dev.finetune.bert.text;

import dev.finetune.bert.text.definition.TestCharsmap;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;

/** Tokenizers of a dozen words, which together have every component that the native library knows. */
final class SmallTokenizers {
    static final String VOCABULARY = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncat\n##s\nsat\na\n##a\n";

    static final String WORD_LEVEL = """
            {"version":"1.0","added_tokens":[],"normalizer":null,"pre_tokenizer":null,"post_processor":null,"decoder":null,
             "model":{"type":"WordLevel","unk_token":"[UNK]","vocab":{"[UNK]":0,"the":1,"cat":2,"a":3}}}
            """;

    /** Of published tokenizers, and some that end the process where they reach it. */
    static final List<String> REGEXES = List.of(
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
            "(?i:'s|'t)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|\\s*[\\r\\n]+",
            "[^\\r\\n]?((?=[\\p{L}])([^a-z]))*((?=[\\p{L}])([^A-Z]))+(?:'[sdmt])?",
            "(?=(\\d{3})+(?!\\d))",
            " {2,}",
            "(a|b)*c",
            "(a+)+$",
            "(?<=a)b|\\w+?x{2,}",
            "[[:alpha:]&&[^a]]+");

    private static final String BERT = """
            {"version":"1.0","truncation":{"direction":"Right","max_length":8,"strategy":"LongestFirst","stride":0},
             "padding":null,"added_tokens":[
             {"id":0,"content":"[PAD]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
             {"id":4,"content":"[MASK]","single_word":false,"lstrip":true,"rstrip":false,"normalized":false,"special":true},
             {"id":9,"content":"new","single_word":true,"lstrip":false,"rstrip":true,"normalized":true,"special":false}],
             "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
             "pre_tokenizer":{"type":"BertPreTokenizer"},
             "post_processor":{"type":"TemplateProcessing",
              "single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],
              "pair":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}},
               {"Sequence":{"id":"B","type_id":1}},{"SpecialToken":{"id":"[SEP]","type_id":1}}],
              "special_tokens":{"[CLS]":{"id":"[CLS]","ids":[2],"tokens":["[CLS]"]},"[SEP]":{"id":"[SEP]","ids":[3],"tokens":["[SEP]"]}}},
             "decoder":{"type":"WordPiece","prefix":"##","cleanup":true},
             "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,
              "vocab":{"[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3,"[MASK]":4,"the":5,"cat":6,"##s":7,"a":8}}}
            """;

    private static final String BERT_SETTINGS = """
            {"tokenizer_class":"BertTokenizer","do_lower_case":true,"strip_accents":null,"tokenize_chinese_chars":true,
             "model_max_length":16,"cls_token":"[CLS]","sep_token":{"__type":"AddedToken","content":"[SEP]","lstrip":false},
             "unk_token":"[UNK]","pad_token":"[PAD]","mask_token":"[MASK]","padding_side":"right","truncation_side":"right",
             "model_input_names":["input_ids","token_type_ids","attention_mask"],"extra_special_tokens":["[X]"],
             "added_tokens_decoder":{"0":{"content":"[PAD]","special":true},"4":{"content":"[MASK]","lstrip":true,"special":true},
              "12":{"content":"other","special":false,"normalized":true}}}
            """;

    private static final String SPECIAL = """
            {"cls_token":"[CLS]","sep_token":{"content":"[SEP]","lstrip":false,"normalized":false,"rstrip":false,"single_word":false},
             "additional_special_tokens":["[A]",{"content":"[B]","rstrip":true}],"mask_token":"[MASK]"}
            """;

    private static final String SETTINGS = "{\"never_split\":[\"cat\"],\"do_lower_case\":false,\"strip_accents\":true,"
            + "\"additional_special_tokens\":[\"[A]\"],\"max_len\":32}";

    private static final String ROBERTA_VOCABULARY =
            "{\"<s>\":0,\"<pad>\":1,\"</s>\":2,\"<unk>\":3,\"<mask>\":4,\"a\":5,\"t\":6,\"h\":7,\"e\":8,\"\u0120\":9,\"th\":10,\"the\":11,"
                    + "\"\u0120the\":12,\"c\":13,\"at\":14,\"s\":15}";

    private static final String ROBERTA_MERGES = "#version: 0.2\nt h\nth e\n\u0120 the\na t\n";

    private static final String BYTES = """
            {"version":"1.0","added_tokens":[],"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Strip","strip_left":true,
             "strip_right":false},{"type":"StripAccents"},{"type":"Lowercase"},{"type":"Nmt"}]},
             "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":" ?\\\\p{L}+|\\\\s+(?!\\\\S)"},"behavior":"Isolated",
             "invert":false},{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]},
             "post_processor":{"type":"Sequence","processors":[{"type":"RobertaProcessing","sep":["</s>",2],"cls":["<s>",0],"trim_offsets":true,
             "add_prefix_space":false},{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false,"use_regex":true}]},
             "model":{"type":"BPE","dropout":null,"unk_token":"<unk>","continuing_subword_prefix":"","end_of_word_suffix":"","fuse_unk":true,
             "byte_fallback":true,"ignore_merges":false,"vocab":VOCABULARY,"merges":[["t","h"],["th","e"],["\u0120","the"]]}}
            """;

    private static final String UNIGRAM = """
            {"version":"1.0","added_tokens":[{"id":1,"content":"</s>","special":true,"normalized":false,"lstrip":false,"rstrip":false,"single_word":false}],
             "normalizer":{"type":"Sequence","normalizers":[{"type":"Precompiled","precompiled_charsmap":"CHARSMAP"},
             {"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "},{"type":"Replace","pattern":{"String":"c"},"content":"ca"},
             {"type":"Prepend","prepend":"\u2581"}]},
             "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"\u2581",
             "prepend_scheme":"always","split":true},{"type":"UnicodeScripts"}]},
             "post_processor":{"type":"BertProcessing","sep":["</s>",1],"cls":["<s>",0]},
             "model":{"type":"Unigram","unk_id":2,"byte_fallback":false,
             "vocab":[["<s>",0],["</s>",0],["<unk>",-10],["\u2581the",-2.5],["\u2581",-1],["a",-3],["cat",-4],["<0x0A>",-9]]}}
            """;

    private static final String SPLITS = """
            {"version":"1.0","added_tokens":[],"normalizer":{"type":"Sequence","normalizers":[{"type":"NFKD"},{"type":"ByteLevel"}]},
             "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Whitespace"},{"type":"Punctuation","behavior":"MergedWithPrevious"},
             {"type":"CharDelimiterSplit","delimiter":"-"},{"type":"FixedLength","length":5}]},
             "post_processor":null,"model":{"type":"WordLevel","unk_token":"[UNK]","vocab":{"[UNK]":0,"the":1,"cat":2,"a":3}}}
            """;

    /** Few enough that many directories of them are read in a second. */
    private static final int FEW_PIECES = 25;

    private SmallTokenizers() {}

    /** Directories of a tokenizer's files. */
    static List<Map<String, byte[]>> all() {
        return List.of(
                files(Map.of(
                        TokenizerFiles.TOKENIZER,
                        BERT,
                        TokenizerFiles.CONFIG,
                        BERT_SETTINGS,
                        "sentence_bert_config.json",
                        "{\"max_seq_length\":16,\"do_lower_case\":false}")),
                files(Map.of(
                        TokenizerFiles.TOKENIZER, BERT,
                        TokenizerFiles.SPECIAL, SPECIAL,
                        TokenizerFiles.CONFIG, SETTINGS,
                        TokenizerFiles.ADDED, "{\"[C]\":13,\"[D]\":15}")),
                files(Map.of(
                        TokenizerFiles.VOCAB_TXT, VOCABULARY,
                        TokenizerFiles.CONFIG, SETTINGS,
                        TokenizerFiles.SPECIAL, SPECIAL,
                        TokenizerFiles.ADDED, "{\"[C]\":11}")),
                files(Map.of(
                        TokenizerFiles.VOCAB_JSON,
                        ROBERTA_VOCABULARY,
                        TokenizerFiles.MERGES,
                        ROBERTA_MERGES,
                        TokenizerFiles.CONFIG,
                        "{\"tokenizer_class\":\"RobertaTokenizer\",\"add_prefix_space\":false,\"trim_offsets\":true}")),
                files(Map.of(TokenizerFiles.TOKENIZER, BYTES.replace("VOCABULARY", ROBERTA_VOCABULARY))),
                files(Map.of(
                        TokenizerFiles.TOKENIZER,
                        UNIGRAM.replace("CHARSMAP", Base64.getEncoder().encodeToString(charsmap())))),
                files(Map.of(TokenizerFiles.TOKENIZER, SPLITS)),
                pieces());
    }

    /** The first pieces of SentencePiece's own file, and nothing else of a tokenizer. */
    private static Map<String, byte[]> pieces() {
        final Map<String, byte[]> files =
                files(Map.of(TokenizerFiles.CONFIG, "{\"tokenizer_class\":\"DebertaV2Tokenizer\"}"));
        try (InputStream in = new GZIPInputStream(Objects.requireNonNull(
                SmallTokenizers.class.getResourceAsStream("/sentencepiece/deberta-v2/spm.model.gz")))) {
            final byte[] whole = in.readAllBytes();
            int end = 0;
            for (int piece = 0; piece < FEW_PIECES; piece++) {
                end += 2 + whole[end + 1]; // The field's key, and the length of the piece's message.
            }
            files.put("spm.model", Arrays.copyOf(whole, end));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return files;
    }

    /** A table of normalizations. */
    static byte[] charsmap() {
        return Base64.getDecoder().decode(TestCharsmap.of(Map.of("A", "a", "\u00e9", "e")));
    }

    private static Map<String, byte[]> files(Map<String, String> texts) {
        return new TreeMap<>(texts.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, text -> text.getValue().getBytes(StandardCharsets.UTF_8))));
    }
}
