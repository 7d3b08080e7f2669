"""SuperPoint in PyTorch, written plainly: what the benchmarks measure against and the fixture of
test/training/step.test.ts is computed with. Parameters are a dictionary by this project's names."""

import torch
import torch.nn.functional as F

EPSILON = 1e-5
CELL = 8

ENCODER = ['conv1a', 'conv1b', 'conv2a', 'conv2b', 'conv3a', 'conv3b', 'conv4a', 'conv4b']
POOLED = {'conv1b', 'conv2b', 'conv3b'}


def layers(encoder=(64, 64, 128, 128), head=256, descriptor=256):
    """(name, inputs, outputs, kernel size, whether normalisation and ReLU follow) of each layer."""
    c1, c2, c3, c4 = encoder
    widths = [1, c1, c1, c2, c2, c3, c3, c4, c4]
    result = [(name, widths[i], widths[i + 1], 3, True) for i, name in enumerate(ENCODER)]
    result += [('convPa', c4, head, 3, True), ('convPb', head, CELL * CELL + 1, 1, False)]
    if descriptor:
        result += [('convDa', c4, head, 3, True), ('convDb', head, descriptor, 1, False)]
    return result


def inference_forward(image, weights):
    """Logits and descriptors of length 1, from folded weights."""

    def layer(x, name):
        x = F.relu(F.conv2d(x, weights[name + '.weight'], weights[name + '.bias'], padding=1))
        return F.max_pool2d(x, 2) if name in POOLED else x

    x = image
    for name in ENCODER:
        x = layer(x, name)
    logits = F.conv2d(layer(x, 'convPa'), weights['convPb.weight'], weights['convPb.bias'])
    coarse = F.conv2d(layer(x, 'convDa'), weights['convDb.weight'], weights['convDb.bias'])
    return logits, F.normalize(coarse, dim=1)


def training_forward(image, parameters, descriptor, statistics=None):
    """Logits and descriptors of length 1 (or None); puts the mean and biased variance of each layer into
    `statistics`."""

    def layer(x, name):
        weight = parameters[name + '.weight']
        if name + '.bias' in parameters:
            return F.conv2d(x, weight, parameters[name + '.bias'])
        x = F.conv2d(x, weight, padding=1)
        if statistics is not None:
            with torch.no_grad():
                variance, mean = torch.var_mean(x, (0, 2, 3), unbiased=False)
            statistics[name + '.mean'], statistics[name + '.variance'] = mean, variance
        scale = parameters[name + '.gamma'].abs()
        x = F.batch_norm(x, None, None, scale, parameters[name + '.beta'], True, 0.0, EPSILON)
        x = F.relu(x)
        return F.max_pool2d(x, 2) if name in POOLED else x

    x = image
    for name in ENCODER:
        x = layer(x, name)
    logits = layer(layer(x, 'convPa'), 'convPb')
    descriptors = F.normalize(layer(layer(x, 'convDa'), 'convDb'), dim=1) if descriptor else None
    return logits, descriptors


def detector_loss(logits, targets, masks):
    """Mean cross-entropy over the cells whose mask is 1."""
    cross_entropy = -(F.log_softmax(logits, 1) * targets).sum(1)
    return (cross_entropy * masks).sum() / masks.sum().clamp(min=1)


def hinge_loss(descriptors, warped_cells, masks, lambda_d, positive_margin, negative_margin):
    """The paper's descriptor loss: mean over all valid pairs of cells of view 0 and view 1."""
    both, _, rows, columns = descriptors.shape
    view0, view1 = descriptors.flatten(2).chunk(2)
    mask0, mask1 = masks.reshape(both, rows * columns).chunk(2)
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing='ij')
    centres = CELL * torch.stack([x, y], -1).reshape(1, 1, -1, 2).to(warped_cells) + (CELL - 1) / 2
    distance = (warped_cells.unsqueeze(2) - centres).norm(dim=-1)
    same = (distance <= CELL).to(descriptors)
    similarity = torch.einsum('ndi,ndj->nij', view0, view1)
    pull = lambda_d * same * F.relu(positive_margin - similarity)
    push = (1 - same) * F.relu(similarity - negative_margin)
    valid = mask0.unsqueeze(2) * mask1.unsqueeze(1)
    return ((pull + push) * valid).sum() / valid.sum().clamp(min=1)
