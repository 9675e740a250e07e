package dev.finetune.vision.image;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Locale;

/** Writes preprocessing as Transformers' image processors read it. */
final class PreprocessingWriter {
    static final String ARITHMETIC = "finetune_arithmetic";

    /** From this edge on, ConvNextImageProcessor doesn't crop. */
    static final int CONVNEXT_WARPS_FROM = 384;

    private PreprocessingWriter() {}

    static JsonObject json(Preprocessing what) {
        JsonObject json = new JsonObject();
        if (what.resize() instanceof Resize.ShortestEdge edge
                && what.crop() instanceof Crop.Centre centre
                && isConvNext(edge.length(), centre)) {
            json.addProperty("image_processor_type", "ConvNextImageProcessor");
            json.addProperty("do_resize", true);
            json.add("size", edge(centre.height()));
            json.addProperty("crop_pct", percentage(edge.length(), centre.height()));
        } else {
            boolean crops = what.crop() instanceof Crop.Centre;
            boolean bit = crops || what.resize() instanceof Resize.ShortestEdge;
            json.addProperty("image_processor_type", bit ? "BitImageProcessor" : "ViTImageProcessor");
            json.addProperty("do_resize", !(what.resize() instanceof Resize.None));
            if (what.resize() instanceof Resize.ShortestEdge edge) {
                json.add("size", edge(edge.length()));
            } else if (what.resize() instanceof Resize.Exact exact) {
                json.add("size", size(exact.height(), exact.width()));
            }
            json.addProperty("do_center_crop", crops);
            if (what.crop() instanceof Crop.Centre centre) {
                json.add("crop_size", size(centre.height(), centre.width()));
            }
        }
        json.addProperty("resample", what.interpolation().pillowNumber());
        json.addProperty("do_rescale", what.rescale() != 1);
        json.addProperty("rescale_factor", what.rescale() == 1 ? 1 / 255.0 : what.rescale());
        json.addProperty("do_normalize", true);
        json.add("image_mean", array(what.mean()));
        json.add("image_std", array(what.std()));
        if (what.arithmetic() == Arithmetic.PILLOW) {
            json.addProperty(ARITHMETIC, what.arithmetic().name().toLowerCase(Locale.ROOT));
        }
        return json;
    }

    private static boolean isConvNext(int edge, Crop.Centre centre) {
        int side = centre.height();
        return side == centre.width()
                && side <= edge
                && side < CONVNEXT_WARPS_FROM
                && (int) (side / percentage(edge, side)) == edge;
    }

    /** The share with which {@code int(side / share)} is the edge: rounded so that it surely isn't one less. */
    private static double percentage(int edge, int side) {
        double share = (double) side / edge;
        return (int) (side / share) == edge ? share : Math.nextDown(share);
    }

    private static JsonObject edge(int length) {
        JsonObject size = new JsonObject();
        size.addProperty("shortest_edge", length);
        return size;
    }

    private static JsonObject size(int height, int width) {
        JsonObject size = new JsonObject();
        size.addProperty("height", height);
        size.addProperty("width", width);
        return size;
    }

    private static JsonArray array(List<Double> numbers) {
        JsonArray array = new JsonArray();
        numbers.forEach(array::add);
        return array;
    }
}
