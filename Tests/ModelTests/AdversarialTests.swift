// SPDX-License-Identifier: Apache-2.0
//
// Adversarial training: closed forms of its losses, the balance of gradients at the last layer of
// the decoder, and trainings with a discriminator that are stopped and resumed.

import Foundation
import Networks
import Tensors
import Testing
import Training

@testable import Models

@Suite struct AdversarialLossTests {
  private func scores(_ values: [Float]) throws -> Tensor {
    try .parameter(Tensor(shape: [values.count], values: values))
  }

  @Test func hingeIsItsClosedForm() throws {
    let (real, fake) = (try scores([2, 0.5, -1, 1]), try scores([-3, -0.5, 0.25, -1]))
    let loss = try AdversarialLoss.hinge(real: real, fake: fake)
    // ½·((0 + 0.5 + 2 + 0)/4 + (0 + 0.5 + 1.25 + 0)/4)
    #expect(abs(try loss.item() - 0.5 * (0.625 + 0.4375)) < 1e-6)
    try loss.backward()
    // Scores on the right side of the margin are left alone.
    #expect(real.grad?.toArray() == [0, -0.125, -0.125, 0])
    #expect(fake.grad?.toArray() == [0, 0.125, 0.125, 0])
    #expect(abs(try AdversarialLoss.generator(fake).item() - 4.25 / 4) < 1e-6)
  }

  @Test func leCamIsItsClosedForm() throws {
    let (real, fake) = (try scores([2, 1]), try scores([-1, 0]))
    let averages = try ScoreAverages()
    func leCam() throws -> Float {
      try AdversarialLoss.leCam(real: real, fake: fake, averages: averages).item()
    }
    // (1.5 − 0)² + (0 + 0.5)²
    #expect(abs(try leCam() - 2.5) < 1e-6)
    averages.follow(real: 1, fake: -2)
    #expect(abs(averages.real - 0.001) < 1e-6 && abs(averages.fake + 0.002) < 1e-6)
    let wanted: Float = 1.502 * 1.502 + 0.501 * 0.501
    #expect(abs(try leCam() - wanted) < 1e-5)
    // Neither counts once the means have passed the averages of the other kind.
    for _ in 0..<10_000 { averages.follow(real: -3, fake: 4) }
    #expect(try leCam() == 0)
  }

  @Test func theBalanceIsARatioWithABound() {
    #expect(abs(AdversarialLoss.balance(reconstruction: 2, adversarial: 0.5) - 2 / 0.5001) < 1e-4)
    #expect(AdversarialLoss.balance(reconstruction: 1e9, adversarial: 0) == 1e4)
    #expect(AdversarialLoss.balance(reconstruction: 0, adversarial: 1) == 0)
  }

  @Test(arguments: [4, 6, 16, 32])
  func scoresDoNotDependOnTheBatch(_ side: Int) throws {
    let network = try Discriminator(side: side, width: 4, seed: 3)
    let pixels = try normal([3, side, side, 3], seed: 5, scale: 0.3)
    let all = try network(pixels)
    #expect(all.rank == 4 && all.shape[0] == 3 && all.shape[3] == 1 && all.isFinite)
    #expect(all.shape[1] == (side == 16 || side == 32 ? 8 : side))
    let one = try network(pixels.narrow(dim: 0, start: 1, count: 1))
    #expect(try distance(all.narrow(dim: 0, start: 1, count: 1), one) < 1e-5)
    #expect(Set(network.namedParameters.map(\.name)).count == network.namedParameters.count)
  }
}

@Suite struct AdversarialTrainingTests {
  private struct Halt: Error {}

  private func recipe(steps: Int, start: Int?) -> TokenizerRecipe {
    var recipe = TokenizerRecipe(steps: steps)
    (recipe.batchSize, recipe.seed) = (12, 7)
    recipe.plan.schedule.warmup = 3
    (recipe.adversarial.weight, recipe.adversarial.start) = (0.1, start)
    recipe.adversarial.width = 4
    return recipe
  }

  @Test(arguments: [0, 4], [true, false])
  func lengthsAreThoseOfTheWholeBackwardPass(_ channels: Int, _ linear: Bool) throws {
    var made = smallConfiguration()
    (made.pixelChannels, made.linearPath) = (channels, linear)
    let tokenizer = try SMAPTokenizer(made, seed: 1)
    shake(tokenizer)
    let drawn = try tokenizer.drawn(
      normal([2, 8, 4], seed: 2), condition: Condition([0, nil], classCount: 3))
    let slope = try normal([2, 16, 16, 3], seed: 3)
    let gradient = try #require(
      try drawn.pixels.mul(slope).sum().gradients(for: [drawn.weight])[0])
    let length = try gradient.square().sum().item().squareRoot()
    #expect(abs(try drawn.lengthAtLastLayer(slope) - length) < 1e-3 * length)
  }

  @Test(arguments: [true, false])
  func theGradientIsThatOfTheWeightedSum(_ isAdaptive: Bool) throws {
    var recipe = recipe(steps: 4, start: 0)
    (recipe.adversarial.isAdaptive, recipe.adversarial.weight) = (isAdaptive, 0.5)
    let opponent = try DiscriminatorTask(recipe, side: 16)
    let tokenizer = try smallTokenizer()
    shake(tokenizer)
    let drawn = try tokenizer.drawn(
      normal([2, 8, 4], seed: 2), condition: Condition([0, nil], classCount: 3))
    let others = try normal([2, 16, 16, 3], seed: 3, scale: 1e-3)
    let attack = try opponent.attack(on: drawn, others: others)
    let own = try drawn.lengthAtLastLayer(attack.gradient)
    if isAdaptive {
      // Then its gradient at the last layer is half as long as that of the other terms.
      let length = try drawn.lengthAtLastLayer(others)
      let alone = own / attack.weight
      #expect(abs(own - 0.5 * length * alone / (alone + 1e-4)) < 1e-3 * length)
    } else {
      #expect(attack.weight == 0.5)
    }
    // Against the gradient of the score, through the same network.
    let pixels = try Tensor.parameter(drawn.pixels.detached)
    let network = try Discriminator(side: 16, width: 4, seed: recipe.seed)
    let loss = try AdversarialLoss.generator(network(pixels)).mul(attack.weight)
    let wanted = try #require(try loss.gradients(for: [pixels])[0])
    #expect(distance(wanted, attack.gradient) < 1e-6)
    #expect(abs(try loss.item() - attack.weight * attack.loss) < 1e-6)
  }

  @Test func historiesTellBothSides() throws {
    let history = try smallTokenizer().train(on: smallData(), recipe(steps: 10, start: nil))
    #expect(
      history.steps.names == [
        "loss", "mse", "log_mse", "bottleneck", "adversarial", "adversarial_weight",
        "discriminator", "lecam", "score_real", "score_fake", "gradient", "lr",
      ])
    // Three tenths of the steps go by without it.
    for name in ["adversarial_weight", "discriminator"] {
      #expect(history.steps[name].prefix(3).allSatisfy { $0 == 0 })
      #expect(history.steps[name].dropFirst(3).allSatisfy { $0 > 0 })
    }
    for step in 0..<10 {
      func value(_ name: String) -> Float { history.steps[name][step] }
      let sum = 0.02 * value("log_mse") + 1e-6 * value("bottleneck")
      let attack = value("adversarial") * value("adversarial_weight")
      // Products of means over micro-batches are near the mean of products.
      #expect(abs(value("loss") - sum - attack) < 0.05 * max(abs(attack), 1e-3))
    }
  }

  @Test func stepsBeforeTheStartAreThoseWithoutIt() throws {
    let with = try smallTokenizer().train(on: smallData(), recipe(steps: 6, start: 4))
    var plain = recipe(steps: 6, start: 4)
    plain.adversarial = AdversarialPlan()
    let without = try smallTokenizer().train(on: smallData(), plain)
    // The step at the start has the same mse: what it adds moves the weights after it.
    #expect(with.losses.prefix(4) == without.losses.prefix(4))
    #expect(with.steps["mse"].prefix(5) == without.steps["mse"].prefix(5))
    #expect(with.steps["mse"][5] != without.steps["mse"][5])
  }

  @Test func aTrainingGoesOnAsIfNeverStopped() throws {
    let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    // Stopped before the discriminator takes part, and after.
    for halt in [2, 7] {
      var recipe = recipe(steps: 9, start: 4)
      recipe.plan.kept = .best
      recipe.plan.validationInterval = 2
      let straight = try smallTokenizer("vq")
      let whole = try straight.train(on: smallData(), recipe, validation: smallData())
      recipe.plan.checkpoint = CheckpointPlan(path: path)
      #expect(throws: TrainingInterruption.self) {
        try smallTokenizer("vq").train(on: smallData(), recipe, validation: smallData()) {
          if $0.step == halt { throw Halt() }
        }
      }
      recipe.plan.resumePath = path
      let resumed = try smallTokenizer("vq")
      #expect(try resumed.train(on: smallData(), recipe, validation: smallData()) == whole)
      for (a, b) in zip(straight.stateTensors, resumed.stateTensors) {
        #expect(a.tensor.toArray() == b.tensor.toArray(), "\(a.name)")
      }
      // With other options it is refused.
      recipe.adversarial.leCam = 0.5
      #expect(throws: CheckpointError.self) {
        try smallTokenizer("vq").train(on: smallData(), recipe, validation: smallData())
      }
    }
  }

  @Test func theBitsDoNotDependOnThreads() throws {
    func trained(_ threads: Int) throws -> TrainingHistory {
      try withThreads(threads) {
        var recipe = recipe(steps: 4, start: 1)
        recipe.batchSize = 20
        return try smallTokenizer().train(on: smallData(), recipe)
      }
    }
    #expect(try trained(1) == trained(4))
  }

  @Test func fiftyStepsStayFinite() throws {
    var recipe = recipe(steps: 50, start: 10)
    recipe.adversarial.weight = 0.5
    let tokenizer = try smallTokenizer()
    let history = try tokenizer.train(on: smallData(), recipe)
    #expect(history.count == 50)
    for column in history.steps.columns { #expect(column.allSatisfy { $0.isFinite }) }
    #expect(tokenizer.namedParameters.allSatisfy { $0.tensor.isFinite })
  }

  @Test func theDiscriminatorLearnsToTell() throws {
    // Against a decoder that does not resist, real pictures soon score above reconstructions.
    var recipe = recipe(steps: 50, start: 0)
    (recipe.adversarial.weight, recipe.adversarial.isAdaptive) = (1e-6, false)
    recipe.adversarial.learningRate = 2e-3
    let history = try smallTokenizer().train(on: smallData(), recipe)
    let (real, fake) = (history.steps["score_real"], history.steps["score_fake"])
    let gaps = zip(real, fake).suffix(10).map { $0 - $1 }
    #expect(gaps.allSatisfy { $0 > 1 }, "\(gaps)")
    #expect(history.steps["discriminator"].suffix(10).allSatisfy { $0 < 0.5 })
  }

  @Test func aLossThatIsNotFiniteNamesTheDiscriminator() throws {
    var recipe = recipe(steps: 6, start: 0)
    recipe.adversarial.learningRate = 1e30
    recipe.plan.schedule.warmup = 0
    let error = #expect(throws: TrainingInterruption.self) {
      try smallTokenizer().train(on: smallData(), recipe)
    }
    let message = (error?.cause as? TensorError)?.message ?? ""
    #expect(message.contains("the loss of the discriminator") || message.contains("the loss is"))
  }

  @Test func searchesAndEstimatesKnowTheDiscriminator() throws {
    let tokenizer = try smallTokenizer()
    let before = tokenizer.namedParameters.map { $0.tensor.toArray() }
    var recipe = recipe(steps: 5, start: 0)
    let with = try tokenizer.estimate(recipe)
    let search = try tokenizer.findLearningRate(on: smallData(), recipe, from: 1e-5, to: 1e-2)
    #expect(search.losses.count == 5)
    #expect(before == tokenizer.namedParameters.map { $0.tensor.toArray() })
    recipe.adversarial = AdversarialPlan()
    let without = try tokenizer.estimate(recipe)
    #expect(with.parameters == without.parameters)
    #expect(with.weights > without.weights && with.optimizer > without.optimizer)
    #expect(with.gradients > without.gradients)
  }
}
