// Random directions: the expected quality of a gradient estimate.
#pragma once

struct expectation { // mean and standard deviation of one estimate
    double cosine, cosine_deviation;
    double norm, norm_deviation; // relative to the true gradient's
};

// The estimate is the mean of <v, gradient> v over `directions` vectors v ~ N(0, I) in `numbers` dimensions. This is
// SPRY (arXiv:2405.15551) and, with one direction and up to its finite step, MeZO (arXiv:2305.17333). With K directions
// and d dimensions its squared cosine with the gradient is Beta(K/2, (d-1)/2) distributed. So E cos = G((K+1)/2)
// G((d+K-1)/2) / (G(K/2) G((d+K)/2)) with the gamma function G, about sqrt(2 / (pi d)) for K = 1. Its length relative
// to the gradient's has mean (d+K-1)/K E cos and mean square (d+K+1)/K.
struct expectation expect_directions(double numbers, double directions);
