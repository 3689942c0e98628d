// SPDX-License-Identifier: Apache-2.0
//
// How large a tokenizer is, by the options that ask for it. Biases and norms of blocks are counted;
// what is left out is small, so the sum is a lower bound and close.

import Networks
import Tensors

extension TokenizerConfiguration {
  /// Numbers that the file of a tokenizer holds at least; the configuration is validated.
  var storedSizes: [SizePart] {
    let (own, other) = (width, decoderShape.width)
    let (tokens, pixels) = (conditionTokens, 3 * patchSize * patchSize)
    let heads = 1 + quantizer.type.heads.count
    let decoderOption = decoderWidth == 0 ? "width" : "decoder_width"
    var parts = [
      SizePart(depth * TransformerBlock.size(width: own), "depth", "width"),
      SizePart(decoderDepth * TransformerBlock.size(width: other), "decoder_depth", decoderOption),
      SizePart(SizePart.linear(pixels, own), "patch_size", "width"),
      SizePart(patchCount * (own + other), "image_size", "width"),
      SizePart(numTokens * (own + other), "num_tokens", "width"),
      SizePart(
        heads * SizePart.linear(own, tokenDim) + SizePart.linear(tokenDim, other), "token_dim",
        "width"),
      SizePart((numClasses + 1) * tokens * (own + other), "num_classes", "condition_tokens"),
      SizePart(conditionDim * tokens * (own + other), "condition_dim", "condition_tokens"),
    ]
    if injectAs == .adaln {
      parts.append(
        SizePart(
          tokens * 4 * (depth * own * own + decoderDepth * other * other), "condition_tokens",
          "width"))
    }
    if queries == .pooled { parts.append(SizePart(SizePart.linear(own, own), "width")) }
    return parts + pixelSizes + linearSizes + quantizer.type.sizes(self)
  }

  /// Numbers of what makes pixels of the outputs of the decoder's transformer.
  private var pixelSizes: [SizePart] {
    let (other, patch) = (decoderShape.width, patchSize * patchSize)
    guard head != .codes else {
      return [
        SizePart(SizePart.linear(other, 2 * other), "decoder_width"),
        SizePart(pixelCodes * (pixelCodeDim + 2 * other), "pixel_codes"),
        SizePart(9 * pixelCodeDim * (pixelLevels.last ?? 0), "pixel_code_dim"),
        SizePart(PixelCodeHead.size(levels: pixelLevels), "pixel_levels"),
      ]
    }
    let features = pixelChannels
    let unfolded = SizePart.linear(other, patch * (features == 0 ? 3 : features))
    return [SizePart(unfolded + 9 * features * (2 * features + 3), "pixel_channels", "patch_size")]
  }

  /// Numbers of the linear path.
  private var linearSizes: [SizePart] {
    guard linearPath else { return [] }
    let tables = quantizer.type.storesSynthesis ? 2 : 1
    return [
      SizePart(SizePart.linear(3 * patchSize * patchSize, decoderShape.width), "patch_size"),
      SizePart((numClasses + 1) * pixelCount, "num_classes", "image_size"),
      SizePart(tables * numTokens * tokenDim * pixelCount, "num_tokens", "image_size"),
    ]
  }

  /// Numbers that a tokenizer holds in memory at least.
  var sizes: [SizePart] {
    // What each channel adds to a picture is in memory even where it follows from the directions.
    let derived = linearPath && !quantizer.type.storesSynthesis
    return storedSizes
      + (derived ? [SizePart(numTokens * tokenDim * pixelCount, "num_tokens", "image_size")] : [])
  }

  /// What the larger attention of encoder and decoder holds for one picture, of which the decoder
  /// gets a single token.
  var attentionOfOnePicture: SizePart {
    let slots = patchCount + 1
    let size = max(
      AttentionSize.ofSequence(tokens: slots + numTokens, width: width, heads: heads),
      AttentionSize.ofSequence(
        tokens: slots, width: decoderShape.width, heads: decoderShape.heads))
    guard patchCount >= numTokens else { return SizePart(size, "num_tokens", "heads") }
    var part = SizePart(size, "image_size", "patch_size")
    part.inverse = "patch_size"
    return part
  }

  /// Numbers that the tape of a training step holds at least for one picture: of each block the
  /// rows of [q | k | v], what was attended to, and the four times as wide rows of the MLP. The
  /// last block of the encoder makes queries alone, that of the decoder patches alone.
  var tapeOfOnePicture: Int {
    let ofEncoder = (depth - 1) * (patchCount + numTokens) * width
    let ofDecoder = decoderDepth * patchCount * decoderShape.width
    return 8 * (ofEncoder + ofDecoder)
  }
}
