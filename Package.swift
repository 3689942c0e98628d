// swift-tools-version: 6.0
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let optimisedC: [CSetting] = [.unsafeFlags(["-O3", "-ffp-contract=fast", "-fno-math-errno"])]

let package = Package(
  name: "smap",
  products: [.executable(name: "smap", targets: ["smap"])],
  targets: [
    .systemLibrary(
      name: "CBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .target(name: "CKernels", cSettings: optimisedC),
    .target(name: "Tensors", dependencies: ["CBLAS", "CKernels"]),
    .target(name: "Networks", dependencies: ["Tensors", "Files"]),
    .target(name: "Models", dependencies: ["Networks"]),
  ]
)
