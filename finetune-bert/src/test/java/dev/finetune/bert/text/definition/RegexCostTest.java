package dev.finetune.bert.text.definition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegexCostTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                // GPT-2's, tiktoken's cl100k and o200k, DeepSeek's, BLOOM's, CLIP's, digits from the right, T5's and
                // DeBERTa's.
                "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
                "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
                "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
                "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
                " ?[^(\\s|[.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c])]+",
                "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
                "(?=(\\d{3})+(?!\\d))",
                "[^\\r\\n\\p{L}\\p{N}]?((?=[\\p{L}])([^a-z]))*((?=[\\p{L}])([^A-Z]))+(?:'[sdmt])?",
                " {2,}",
                "\\s{2,}|[\\n\\r\\t]",
                "\\p{N}{1,3}",
            })
    void publishedTokenizersGoBackAtMostInProportionToTheText(String regex) throws RegexCost.Unbounded {
        RegexCost cost = RegexCost.of(regex);

        assertThat(cost.degree()).isLessThanOrEqualTo(1);
        assertThat(cost.ways()).isLessThan(100);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(a|a)*b",
                "(a+)+$",
                "(a*)*b",
                "(.+)+b",
                "(\\p{N}{1,3})+x",
                "(a?b?)+(?=c)",
                "a*a*b",
                "(?:a+b?)*(?!\\S)",
                "((a+)|b)*c",
                "(?:(?:a+)x?)*y",
                "(a{0,50}){1,20}b",
            })
    void repetitionsThatMultiplyAreSeen(String regex) {
        assertThat(degree(regex)).isGreaterThan(1);
    }

    /** What has no bound at all counts as the largest. */
    private static long degree(String regex) {
        try {
            RegexCost cost = RegexCost.of(regex);
            return cost.ways() > 10_000 ? Integer.MAX_VALUE : cost.degree();
        } catch (RegexCost.Unbounded e) {
            return Integer.MAX_VALUE;
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(",
                ")",
                "[a",
                "a\\",
                "(a)\\1",
                "(?(1)a)",
                "*a",
                "(?~a)",
                "\\K",
                "a{5,2}",
                "(?#x)",
                "((a{1000}){1000})"
            })
    void whatIsNotOfTheSyntaxThatTokenizersUseIsRefused(String regex) {
        assertThatThrownBy(() -> RegexCost.of(regex)).isInstanceOf(RegexCost.Unbounded.class);
    }

    @Test
    void deepNestingIsRefusedWithoutOverflowingTheStack() {
        assertThatThrownBy(() -> RegexCost.of("(".repeat(100_000))).isInstanceOf(RegexCost.Unbounded.class);
    }
}
