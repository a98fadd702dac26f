"""Published names: each imports through its door and takes what the published one takes."""

import re
from importlib import import_module
from inspect import signature
from operator import attrgetter

import pytest

PUBLISHED = {
    "core.utils.CNN_scorers": """
        load_featnet(netname)
        get_activation(name, unit, unitmask, ingraph)
        TorchScorer(model_name, imgpix, rawlayername)
        TorchScorer.set_unit(reckey, layer, unit, ingraph)
        TorchScorer.set_units_by_mask(reckey, layer, unit_mask)
        TorchScorer.select_unit(unit_tuple, allow_grad)
        TorchScorer.set_recording(record_layers, allow_grad)
        TorchScorer.set_popul_recording(record_layer, mask)
        TorchScorer.preprocess(img, input_scale)
        TorchScorer.score(images, with_grad, B, input_scale)
        TorchScorer.score_tsr(img_tsr, with_grad, B, input_scale)
        TorchScorer.score_tsr_wgrad(img_tsr, B, input_scale)
        TorchScorer.cleanup()
        visualize_trajectory(scores_all, generations, codes_arr, show, title_str)
        resize_and_pad(img_list, size, offset, canvas_size, scale)
        resize_and_pad_tsr(img_tsr, size, offset, canvas_size, scale)
        subsample_mask(factor, orig_size)
        resize_and_pad_canvas(imgs, corner, size, input_size)
    """,
    "core.utils.GAN_invert_utils": """
        GAN_invert(G, target_img, z_init, lr, weight_decay, max_iter, print_progress)
        GAN_invert_with_scheduler
    """,
    "core.utils.GAN_utils": """
        load_statedict_from_online(name)
        View
        ScalarMultiply(scalar)
        upconvGAN(name, pretrained)
        upconvGAN.sample_vector(sampn, device, noise_std)
        upconvGAN.visualize(x, scale)
        upconvGAN.visualize_batch(x_arr, scale, B)
        upconvGAN.render(x, scale, B)
        upconvGAN.visualize_batch_np
        Caffenet(pretrained)
        Caffenet.forward(x, preproc, scale, output_layer_idx)
        multiZupconvGAN(blendlayer, name, pretrained)
        multiZupconvGAN.forward(codes, z_alpha)
        multiZupconvGAN.visualize(codes, z_alpha, scale)
        loadBigGAN(version)
        BigGAN_wrapper
        BigGAN_wrapper.sample_vector(sampn, class_id, device, noise_std)
        BigGAN_wrapper.visualize(code, scale, truncation)
        BigGAN_wrapper.visualize_batch(codes, scale, B, truncation)
        BigGAN_wrapper.visualize_batch_np
        BigGAN_wrapper.render
        RGB_mean
        model_urls
    """,
    "core.utils.Optimizers": """
        CholeskyCMAES(space_dimen, population_size, init_sigma, init_code, Aupdate_freq, maximize,
            random_seed, optim_params)
        CholeskyCMAES.get_init_pop()
        CholeskyCMAES.step_simple(scores, codes, verbosity)
        rankweight(lambda_, mu)
        ZOHA_Sphere_lr_euclid(space_dimen, population_size, select_size, lr, maximize, rankweight,
            rankbasis, sphere_norm)
        ZOHA_Sphere_lr_euclid.get_init_pop()
        ZOHA_Sphere_lr_euclid.lr_schedule(n_gen, mode, lim)
        ZOHA_Sphere_lr_euclid.step_simple(scores, codes, verbosity)
        HessCMAES(space_dimen, population_size, cutoff, init_sigma, init_code, Aupdate_freq,
            maximize, random_seed, optim_params)
        HessCMAES.set_Hessian(eigvals, eigvects, cutoff, expon)
        HessCMAES.step_simple(scores, codes)
        concat_wrapper(optim1, optim2)
        concat_wrapper.step_simple(scores, codes)
        fix_param_wrapper(optim, fixed_code, pre)
        fix_param_wrapper.step_simple(scores, codes)
        label2optimizer(methodlabel, init_code, GAN, Hdata)
    """,
    "core.utils.colormap_matlab": """
        magma
        inferno
        plasma
        viridis
        parula
    """,
    "core.utils.fourier_utils": """
        power_spectrum_freq
        power_spectrum_orientation
        calculate_rms_contrast
    """,
    "core.utils.geometry_utils": """
        ang_dist
        LERP(c1, c2, steps, lim)
        SLERP(c1, c2, steps, lim)
        LExpMap(refv, tangv, steps, lim)
        SExpMap(refv, tangv, steps, lim)
        ExpMap(x, tang_vec, EPS)
        VecTransport(xold, xnew, v)
        radial_proj(codes, max_norm)
        orthogonalize(basis, codes)
        renormalize(codes, norms)
        SLERP_torch
        LERP_torch
    """,
    "core.utils.grad_RF_estim": """
        grad_RF_estimate(model, target_layer, target_unit, input_size, device, show, reps, batch)
        GAN_grad_RF_estimate(G, model, target_layer, target_unit, input_size, device, show, reps,
            batch)
        grad_population_RF_estimate(model, target_layer, target_layer_weights, input_size, device,
            show, reps, batch, label, figdir)
        gradmap2RF_square(gradAmpmap, absthresh, relthresh, square)
        twoD_Gaussian(XYstack, amplitude, xo, yo, sigma_x, sigma_y, theta, offset)
        fit_2dgauss(gradAmpmap_, pop_str, outdir, plot)
        show_gradmap
        get_center_pos_and_rf(model, layer, input_size, device)
    """,
    "core.utils.layer_hook_utils": """
        get_layer_names(model)
        recursive_named_apply
        get_module_names(model, input_size, device, show)
        print_specific_layer
        recursive_print(module, prefix, depth, deepest)
        named_apply
        recursive_named_apply_w_depth
        get_module_name_shapes(model, inputs_list, hook_root_module, hook_root_prefix, deepest,
            show, show_input)
        register_hook_by_module_names(target_name, target_hook, model, input_size, device)
        featureFetcher(model, input_size, device, print_module, store_device)
        featureFetcher.record(target_name, store_name, return_input, ingraph, store_device)
        featureFetcher.cleanup()
        featureFetcher_recurrent(model, input_size, device, print_module)
        featureFetcher_recurrent.record(module, submod, key, return_input, ingraph)
        featureFetcher_recurrent.remove_hook()
        featureFetcher_module(store_device)
        featureFetcher_module.record_module(target_module, target_name, return_input, ingraph,
            store_device)
        featureFetcher_module.cleanup()
        register_hook_by_module_name(model, layer_name, hook)
        layername_dict
    """,
    "core.utils.montage_utils": """
        build_montages(image_list, image_shape, montage_shape, transpose)
        make_grid_np(img_arr, nrow, padding, pad_value, rowfirst)
        make_grid_T(tensor, nrow, padding, normalize, value_range, scale_each, pad_value,
            rowfirst)
        color_frame(img, color, pad)
        color_framed_montages(image_list, image_shape, montage_shape, scores, cmap, pad, vmin,
            vmax)
        crop_from_montage(img, imgid, imgsize, pad)
        crop_all_from_montage(img, totalnum, imgsize, pad, autostop)
        get_first_non_none_image_size(image_array)
        PIL_array_to_montage(image_array)
        PIL_array_to_montage_score_frame(image_array, score_array, colormap, border_size, clim)
    """,
    "core.utils.plot_utils": """
        to_imgrid(img_tsr)
        show_imgrid(img_tsr)
        save_imgrid(img_tsr, path)
        save_imgrid_by_row(img_tsr, path, n_row)
        saveallforms(figdirs, fignm, figh, fmts)
        showimg(ax, imgarr, cbar, ylabel)
        off_axes(axs)
    """,
    "core.utils.stats_utils": """
        summary_by_block(scores_vec, gens, maxgen, sem)
        ttest_rel_df(df, msk, col1, col2)
        ttest_ind_df(df, msk1, msk2, col)
        ttest_1samp_print(seq, scalar)
        latexify_tststs(tval, pval, df)
        ttest_rel_print(seq1, seq2, sem, latex, nan_policy, output_dof)
        ttest_ind_print(seq1, seq2, sem, latex, nan_policy, output_dof)
        ttest_rel_print_df(df, msk, col1, col2, sem, latex, output_dof)
        ttest_ind_print_df(df, msk1, msk2, col, sem, latex, output_dof)
        paired_strip_plot(df, msk, col1, col2)
        shaded_errorbar(x, y, yerr, color, alpha, ax)
        shaded_errorbar_arr(arr, color, alpha, errtype, ax)
        scatter_corr(df, x, y, ax, corrtype)
        trivariate_corr(x, y, z)
        test_correlation_diff(A, B, C, verbose)
        test_correlation_diff_df
        correlation_diff_test(A, B, C, method)
    """,
    "neuro_data_analysis.image_comparison_lib": """
        compare_imgs_LPIPS(img1, img2, Dist)
        compare_imgs_vit(img1, img2, fetcher, featkey, metric)
        compare_imgs_cnn(img1, img2, fetcher, featkey, metric)
        extract_featvec_cnn_featmsk(img1, fetcher, featmsk1, featkey)
        compare_imgs_cnn_featmsk(img1, img2, fetcher, featmsk1, featmsk2, featkey, metric)
        naive_featmsk()
    """,
    "neuro_data_analysis.neural_data_lib": """
        load_neural_data_and_save_pkl()
        load_neural_data()
        get_expstr(BFEStats, Expi)
        load_img_resp_pairs(BFEStats, Expi, ExpType, thread, stimdrive, output_fmt, rsp_wdw,
            bsl_wdw)
        extract_evol_activation_array(S, thread, rsp_wdw, bsl_wdw)
        extract_natref_activation_array(S, thread, rsp_wdw, bsl_wdw)
        extract_evol_psth_array(S, thread)
        extract_all_evol_trajectory(BFEStats)
        extract_all_evol_trajectory_dyna(BFEStats, rsp_wdw)
        extract_all_evol_trajectory_dyna_multiwindow_nostats(BFEStats, rsp_wdws)
        pad_resp_traj(resp_col)
        extract_all_evol_trajectory_psth(BFEStats)
        pad_psth_traj(psth_col)
        load_latent_codes(stim_path, thread_id, verbose)
    """,
    "neuro_data_analysis.neural_data_utils": """
        parse_meta(S)
        area_mapping(chan, Animal, expdate)
        get_meta_df(BFEStats)
        get_all_masks(meta_df, return_type)
    """,
    "neuro_data_analysis.neural_tuning_analysis_lib": """
        find_full_image_paths(folder_path, image_names)
        parse_stim_info(image_names)
        parse_unit_id_from_spikeID(spikeID, active_chan)
        organize_unit_info(meta, exprow)
        calculate_neural_responses(rasters, prefchan_id, resp_wdw, bsl_wdw)
        load_space_images(space, stim_info_df, uniq_img_fps)
    """,
}
"""Names by door, with the parameters that the published functions take, in their order."""

NAMES = [
    (door, match["name"], match["parameters"])
    for door, names in PUBLISHED.items()
    for match in re.finditer(r"(?P<name>[\w.]+)(\((?P<parameters>[^)]*)\))?", names)
]

WITH_PARAMETERS = [
    (door, name, re.findall(r"\w+", parameters))
    for door, name, parameters in NAMES
    if parameters is not None
]


@pytest.mark.parametrize(("door", "name"), [(door, name) for door, name, _ in NAMES])
def test_a_published_name_imports_through_its_door(door, name):
    assert attrgetter(name)(import_module(door)) is not None


@pytest.mark.parametrize(("door", "name", "parameters"), WITH_PARAMETERS)
def test_a_published_function_takes_the_published_parameters_first(door, name, parameters):
    taken = list(signature(attrgetter(name)(import_module(door))).parameters)
    taken = taken[1:] if taken[:1] == ["self"] else taken
    assert taken[: len(parameters)] == parameters
