package dev.finetune.data;

import dev.finetune.fuzz.FuzzedReader;
import dev.finetune.fuzz.FuzzedReaders;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** The readers of examples. */
public final class DataReaders implements FuzzedReaders {
    @Override
    public List<FuzzedReader> readers() {
        return List.of(
                reader(
                        "csv",
                        "rows.csv",
                        path -> TextFiles.csv(path).text("text").label("label").classification(),
                        "text,label\ngood,a\n\"bad, very \"\"bad\"\"\",b\r\n",
                        "label,text\n1,\"two\nlines\"\n\n0,x\n"),
                reader(
                        "csv-streamed",
                        "streamed.csv",
                        path -> TextFiles.csv(path)
                                .text("text")
                                .label("label")
                                .streamed()
                                .multiLabel(";"),
                        "text,label\ngood,a;b\n\"bad, very \"\"bad\"\"\",b\r\n"),
                reader(
                        "tsv",
                        "rows.tsv",
                        path -> TextFiles.tsv(path)
                                .text(0)
                                .pair(1)
                                .label(2)
                                .noHeader()
                                .regression(),
                        "a\tb\t0.5\nc\td\t-1e3\r\n",
                        "\ufeffa\tb\t3\n"),
                reader(
                        "json-lines",
                        "rows.jsonl",
                        path -> TextFiles.jsonLines(path)
                                .text("text")
                                .label("label")
                                .classification(),
                        "{\"text\":\"good\",\"label\":\"a\"}\n{\"text\":\"b\\u00e4d\",\"label\":1,\"more\":[{}]}\n"),
                reader(
                        "conll",
                        "words.conll",
                        path -> TokenFiles.conll(path).tokenClassification(),
                        "-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\nx y z I-PER\n"),
                reader(
                        "conllu",
                        "words.conllu",
                        path -> TokenFiles.conllu(path).tokenClassification(),
                        "# text = a b\n1\ta\ta\tNOUN\t_\t_\t0\t_\t_\t_\n2-3\tb\t_\t_\t_\t_\t_\t_\t_\t_\n2\tb\tb\tVERB\t_\t_\t0\t_\t_\t_\n\n"),
                reader(
                        "words-json-lines",
                        "words.jsonl",
                        path -> TokenFiles.jsonLines(path).tokenClassification(),
                        "{\"tokens\":[\"a\",\"b\"],\"tags\":[\"O\",\"B-X\"]}\n"),
                reader(
                        "squad",
                        "squad.json",
                        path -> SquadFiles.json(path).questionAnswering(),
                        "{\"version\":\"1.1\",\"data\":[{\"title\":\"t\",\"paragraphs\":[{\"context\":\"in Oslo\",\"qas\":"
                                + "[{\"id\":\"1\",\"question\":\"where\",\"answers\":[{\"text\":\"Oslo\",\"answer_start\":3}]}]}]}]}"));
    }

    private static FuzzedReader reader(String name, String fileName, Function<Path, Dataset<?>> open, String... seeds) {
        return new FuzzedReader(
                name,
                fileName,
                Stream.of(seeds)
                        .map(seed -> seed.getBytes(StandardCharsets.UTF_8))
                        .toList(),
                input -> {
                    try (Stream<? extends Example<?>> rows = open.apply(input.file()).stream()) {
                        rows.forEach(row -> {});
                    }
                });
    }
}
